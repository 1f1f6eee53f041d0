"""Whatever is killed in the middle of parsing, the document reaches DONE, once, with counters equal to rows."""

import io
import os
import signal
import zipfile

import psutil
import pytest

from tests.flows.live import wait_until

pytestmark = pytest.mark.processes

FACTS = 450
TEXT = "\n\n".join(f"Fact {number}: the otter of pond {number} eats fish. " * 8 for number in range(FACTS))


CONTENT_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override '
    'PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document'
    '.main+xml"/></Types>'
)


@pytest.fixture(scope="module")
def quick(launch):
    """A site with a short lease, so that a lost worker is noticed soon."""
    return launch(RAGSITE_LEASE_SECONDS="3", RAGSITE_EMBED_THREADS="1")


def slow_to_parse():
    """A Word file whose half a million empty paragraphs keep the parser busy for seconds, with one fact at the end."""
    empty = b"<w:p><w:pPr><w:spacing/></w:pPr></w:p>" * 500_000
    body = empty + b"<w:p><w:r><w:t>The otter of the last pond eats fish.</w:t></w:r></w:p>"
    names = b'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("[Content_Types].xml", CONTENT_TYPES)
        archive.writestr("word/document.xml", b"<w:document " + names + b"><w:body>" + body + b"</w:body></w:document>")
    return data.getvalue()


@pytest.fixture
def running(quick, part):
    """A document that is being parsed, or embedded, and the client that watches it to its end."""
    name, data = ("empty.docx", slow_to_parse()) if part == "parser" else ("facts.txt", TEXT.encode())
    with quick.api as api:
        dataset = api.post("/datasets", json={"name": os.urandom(4).hex()}).json()["data"]["id"]
        document = api.post(f"/datasets/{dataset}/documents", files={"file": (name, data)}).json()["data"][0]
        api.post(f"/datasets/{dataset}/chunks", json={"document_ids": [document["id"]]}).raise_for_status()

        def shown():
            return api.get(f"/datasets/{dataset}/documents", params={"id": document["id"]}).json()["data"]["docs"][0]

        if part == "parser":
            wait_until(lambda: any(busy(child) for child in victims(quick, part)), 30, "parsing", quick)
            assert shown()["progress"] < 0.2
        else:
            wait_until(lambda: shown()["progress"] > 0.25, 90, "embedding", quick)
            assert shown()["run"] == "RUNNING"
        yield
        wait_until(lambda: shown()["run"] == "DONE", 90, "DONE", quick)
        path = f"/datasets/{dataset}/documents/{document['id']}/chunks"
        chunks = api.get(path, params={"page_size": 10_000}).json()
        text = "".join(chunk["content"] for chunk in chunks["data"]["chunks"])
        assert text.count("The otter" if part == "parser" else "Fact ") == (1 if part == "parser" else 8 * FACTS)
        counters = api.get("/datasets", params={"id": dataset}).json()["data"][0]
        assert shown()["chunk_count"] == chunks["data"]["total"] == counters["chunk_count"] > 0
        assert counters["document_count"] == 1


def busy(process):
    """Whether a parser child is past its start and at work."""
    try:
        return process.cpu_times().user > 0.8
    except psutil.Error:
        return False


def victims(site, part):
    """Processes of the site that play `part`."""
    workers = site.processes("manage.py", "work")
    tops = [process for process in workers if process.parent().pid not in {worker.pid for worker in workers}]
    return {
        "worker": lambda: tops,
        "horse": lambda: [horse for worker in tops for horse in worker.children() if horse in workers],
        "parser": lambda: site.processes("documents.parsers.child"),
        "postgres": lambda: [process for process in psutil.process_iter() if _is_postmaster(process, site)],
    }[part]()


def _is_postmaster(process, site):
    try:
        return process.cmdline()[0].endswith("/postgres") and process.cwd().startswith(str(site.data_dir))
    except (psutil.Error, IndexError):
        return False


def _alive(process):
    """A zombie is dead: its parent has only not looked yet."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


@pytest.mark.parametrize("part", ["worker", "horse", "parser", "postgres"])
def test_a_killed_part_costs_nothing_but_time(quick, running, part):
    found = victims(quick, part)
    assert found, f"no {part} is running"

    for process in found:
        process.send_signal(signal.SIGKILL)

    wait_until(lambda: not any(_alive(process) for process in found), 10, "the death of the killed")


def test_a_killed_supervisor_leaves_no_process_behind(launch):
    site = launch()
    family = psutil.Process(site.process.pid).children(recursive=True)
    servers = [process for process in psutil.process_iter() if _is_postmaster(process, site)]
    assert len(family) >= 5
    assert servers

    site.process.kill()
    site.process.wait(10)

    wait_until(lambda: not any(_alive(process) for process in (*family, *servers)), 10, "the end of all processes")
