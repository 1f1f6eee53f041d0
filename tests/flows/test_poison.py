"""Documents that kill, hang or fill up whatever reads them, on a real site: each fails alone, soon, and says why."""

import contextlib
import os
import threading
import time
from collections import Counter

import psutil
import pytest

from tests.flows.live import wait_until
from tests.flows.poison import files
from tests.flows.poison.child import DEED

pytestmark = [pytest.mark.processes, pytest.mark.timeout(400)]

SECONDS = 60  # that somebody is at a document, all tries together
PARSE = os.environ.get("RAGSITE_PARSE_SECONDS", "10")  # of a try; 25, the default, keeps both cores busy for a minute
RESIDENT = 1 << 30  # of any process, bytes
NEIGHBOURS = 24

POISON = {
    "segfault.txt": (DEED + b"segfault", "crashed on segfault.txt (SIGSEGV)"),
    "allocate.txt": (DEED + b"allocate", "needs more memory"),
    "hungry.txt": (DEED + b"hungry", "needs more memory"),
    "endless.txt": (DEED + b"spin", f"took longer than {PARSE} s"),
    "forks.txt": (DEED + b"fork bomb", "failed on forks.txt (PermissionError)"),
    "bomb.docx": (files.zip_bomb(), "unpacks to more than 512 MiB"),
    "deep.docx": (files.deep_word(), "nests its elements more than 256 levels deep"),
    "laughs.docx": (files.laughing_word(), "holds a document type declaration"),
    "wide.xlsx": (files.wide_sheet(), "cells so far apart"),
    "deep.json": (files.deep_json(), "nests its values more than 128 levels deep"),
    "deep.eml": (files.deep_mail(), f"took longer than {PARSE} s"),
    "nul.txt": (b"\0" * files.MIB, "holds binary data"),
    "pages.pdf": (files.pdf(100_000), "has 100,000 pages"),
    "circle.pdf": (files.pdf(1_000, kids=[2, 3]), "holds no text"),
    "cut.pdf": (files.pdf(50)[:600], "is damaged or cut off"),
    "noise.pdf": (b"%PDF-1.7\n" + files.noise(), "is damaged or cut off"),
    "noise.docx": (files.noise(), "holds binary data"),
}


class Watch:
    """Looks at the memory of a site's processes, and how long somebody was at each document of a dataset."""

    def __init__(self, site, dataset):
        self._site, self._dataset = site, dataset
        self.resident, self.worked, self.rows = 0, Counter(), {}
        self._looked = time.monotonic()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def _look(self):
        while not self._over.wait(0.05):
            for process in self._site.processes("python"):
                with contextlib.suppress(psutil.Error):  # it has just ended
                    self.resident = max(self.resident, process.memory_info().rss)

    def all_ended(self, api):
        """Whether no document is under way any more."""
        path, page = f"/datasets/{self._dataset}", {"page_size": 100}
        unfinished = api.get(f"{path}/progress", params=page).raise_for_status().json()["data"]["unfinished"]
        before, self._looked = self._looked, time.monotonic()
        self.worked.update({sight["name"]: self._looked - before for sight in unfinished if not sight["waiting"]})
        if not unfinished:
            listed = api.get(f"{path}/documents", params=page).raise_for_status().json()["data"]["docs"]
            self.rows = {row["name"]: row for row in listed}
        return not unfinished


@pytest.fixture(scope="module")
def watched(launch):
    """A site that has been given the poison, with neighbours before, between and after it, and is done with it."""
    site = launch(DJANGO_SETTINGS_MODULE="tests.flows.poison.settings", RAGSITE_PARSE_SECONDS=PARSE)
    sent = [(name, data) for name, (data, _) in POISON.items()]
    for number in range(NEIGHBOURS):
        fact = f"The heron of lake {number} has caught a pike. ".encode() * 40
        sent.insert(number * 2, (f"neighbour-{number}.txt", fact))
    with site.api as api:
        dataset = api.post("/datasets", json={"name": "poison"}).json()["data"]["id"]
        answer = api.post(f"/datasets/{dataset}/documents", files=[("file", one) for one in sent], timeout=120)
        ids = [row["id"] for row in answer.raise_for_status().json()["data"]]
        with Watch(site, dataset) as watch:
            api.post(f"/datasets/{dataset}/chunks", json={"document_ids": ids}).raise_for_status()
            wait_until(lambda: watch.all_ended(api), 240, "an end of every document", site)
        yield watch


@pytest.mark.parametrize("name", POISON)
def test_poison_fails_and_says_why(watched, name):
    row = watched.rows[name]

    assert row["run"] == "FAIL"
    assert POISON[name][1] in row["progress_msg"]
    assert watched.worked[name] < SECONDS


def test_no_process_takes_much_memory(watched):
    assert 50 << 20 < watched.resident < RESIDENT


def test_neighbours_are_done(watched):
    neighbours = [row for name, row in watched.rows.items() if name.startswith("neighbour-")]

    assert {(row["run"], row["chunk_count"] > 0) for row in neighbours} == {("DONE", True)}
    assert len(neighbours) == NEIGHBOURS
