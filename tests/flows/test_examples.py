"""The examples of README, docs/api.md and the API guide, run as they are written against a live site."""

import json
import re
import shutil
import subprocess

import docx
import openpyxl
import pytest
from reportlab.pdfgen import canvas

from tests.flows.live import ROOT, wait_until

pytestmark = pytest.mark.processes

PAGES = ["README.md", "docs/api.md", "docs/handbook/api-guide.md"]
ADDRESS = "http://127.0.0.1:9380"  # the one that the pages name
LINE = "To bleed the radiator, open the valve on the left side with the key."


def blocks(page, language):
    """The code of a page in `language`, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", (ROOT / page).read_text(), re.DOTALL | re.MULTILINE)


def commands(page):
    """The curl calls of a page; what else stands in their blocks is left to the reader."""
    whole = "\n\n".join(blocks(page, "sh"))
    return re.findall(r"^curl .*?(?=\n\n|\ncurl |\Z)", whole, re.DOTALL | re.MULTILINE)


@pytest.fixture
def desk(tmp_path):
    """A directory with the files that the examples upload."""
    for name in ("handbook.pdf", "a.pdf"):
        page = canvas.Canvas(str(tmp_path / name))
        page.drawString(72, 720, LINE)
        page.save()
    letter = docx.Document()
    letter.add_paragraph(LINE)
    letter.save(tmp_path / "b.docx")
    prices = openpyxl.Workbook()
    prices.active.append(["valve", 12])
    prices.save(tmp_path / "prices.xlsx")
    return tmp_path


@pytest.fixture
def clean(site):
    """A site without datasets, so that names are free."""
    with site.api as api:
        api.request("DELETE", "/datasets", json={"ids": None}).raise_for_status()
        yield site
        api.request("DELETE", "/datasets", json={"ids": None}).raise_for_status()


class Reader:
    """Types commands in, and takes the ids that the next ones need from the answers."""

    def __init__(self, site, desk):
        self.site, self.desk = site, desk
        api = f"{site.url}/api/v1"
        bearer, kind = f"Authorization: Bearer {site.token}", "Content-Type: application/json"
        self.words = {"TOKEN": site.token, "API": api, "A": api, "H": bearer, "J": kind}

    def type(self, command):
        """The answer to a command, which has to be a success; text where it is a file."""
        command = command.replace(ADDRESS, self.site.url).replace("curl ", "curl -s ", 1)
        shell = ["env", *(f"{key}={value}" for key, value in self.words.items()), "bash", "-c", command]
        done = subprocess.run(shell, cwd=self.desk, capture_output=True, text=True, timeout=60, check=True)
        if " -o " in command:
            return done.stdout
        answer = json.loads(done.stdout)
        assert answer["code"] == 0, f"{command}\n{answer}"
        self._learn(command, answer.get("data"))
        if "document_ids" in command:
            self._wait()
        return answer

    def _learn(self, command, data):
        made = "-X POST" in command or "-F" in command
        if made and isinstance(data, dict) and "chunk_method" in data:
            self.words["DATASET"] = data["id"]
        if made and isinstance(data, list):
            self.words["DOCUMENT"] = data[0]["id"]
        if isinstance(data, dict) and data.get("chunks") and "doc" in data:
            self.words["CHUNK"] = data["chunks"][0]["id"]

    def _wait(self):
        path = f"/datasets/{self.words['DATASET']}/documents"
        with self.site.api as api:
            row = {"id": self.words["DOCUMENT"]}
            wait_until(lambda: api.get(path, params=row).json()["data"]["docs"][0]["run"] == "DONE", 60, "DONE")


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this machine")
@pytest.mark.parametrize("page", PAGES)
def test_the_curl_calls_of_a_page_succeed_in_order(clean, desk, page):
    reader = Reader(clean, desk)
    calls = [call for call in commands(page) if "/v1/system" not in call]

    answers = [reader.type(call) for call in calls if "$(" not in call]

    assert len(answers) >= 5
    hits = [answer["data"]["chunks"] for call, answer in zip(calls, answers, strict=True) if "/retrieval" in call]
    assert all("radiator" in chunks[0]["content"] for chunks in hits)


@pytest.mark.parametrize("page", PAGES)
def test_the_sdk_calls_of_a_page_succeed_in_order(clean, desk, page, monkeypatch):
    monkeypatch.chdir(desk)
    code = "\n".join(blocks(page, "python")).replace(ADDRESS, clean.url)
    code = re.sub(r'"ragflow-[.…]+"', repr(clean.token), code)

    exec(compile(code, page, "exec"), {})  # an example fails by raising
