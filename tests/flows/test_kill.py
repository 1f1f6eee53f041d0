"""Whatever is killed in the middle of parsing, the document reaches DONE, once, with counters equal to rows."""

import os
import signal

import psutil
import pytest

from tests.flows.live import wait_until

pytestmark = pytest.mark.processes

TEXT = "\n\n".join(f"Fact {number}: the otter of pond {number} eats {number} fish a day. " * 8 for number in range(900))


@pytest.fixture(scope="module")
def quick(launch):
    """A site with a short lease, so that a lost worker is noticed soon."""
    return launch(RAGSITE_LEASE_SECONDS="3", RAGSITE_EMBED_THREADS="1")


@pytest.fixture
def running(quick):
    """A document that is being embedded, with the client that watches it."""
    with quick.api as api:
        dataset = api.post("/datasets", json={"name": os.urandom(4).hex()}).json()["data"]["id"]
        document = api.post(f"/datasets/{dataset}/documents", files={"file": ("facts.txt", TEXT)}).json()["data"][0]
        api.post(f"/datasets/{dataset}/chunks", json={"document_ids": [document["id"]]}).raise_for_status()

        def shown():
            return api.get(f"/datasets/{dataset}/documents", params={"id": document["id"]}).json()["data"]["docs"][0]

        wait_until(lambda: shown()["progress"] > 0.25, 30, "embedding", quick)
        yield shown
        wait_until(lambda: shown()["run"] == "DONE", 90, "DONE", quick)
        chunks = api.get(f"/datasets/{dataset}/documents/{document['id']}/chunks", params={"page_size": 1}).json()
        counters = api.get("/datasets", params={"id": dataset}).json()["data"][0]
        assert shown()["chunk_count"] == chunks["data"]["total"] == counters["chunk_count"] > 0
        assert counters["document_count"] == 1


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
