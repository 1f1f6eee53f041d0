"""Reading while 1,000 files are ingested: p95 of requests, as a ratio to the same requests at rest in the same run.

A site in real processes. A client asks at a steady rate, whatever the answers take: lists of documents, lists of
datasets, one document, and searches apart. First at rest, then while another client uploads 1,000 small files and has
them parsed, to the end of the last. The target for reading is 1.5.
"""

import json
import os
import shutil
import statistics
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from itertools import count

import psutil
from rich.console import Console
from rich.table import Table

from tests.benchmarks.bench_api import Call, Client
from tests.flows.live import ROOT, Site, start, stop, wait_until

FILES = 1_000
AT_ONCE = 50  # files of an upload
RATE = 20.0  # requests a second, of all kinds together
REST = 20.0  # seconds at rest
WORDS = 120  # of a file

_SUBJECTS = ["pump", "valve", "invoice", "leave", "turbine", "contract", "archive", "harbour", "lens", "ledger"]
_VERBS = ["replaces", "opens", "checks", "records", "cools", "signs", "stores", "cleans", "measures", "closes"]

Times = dict[str, list[float]]


def main() -> None:
    """Measure and print."""
    data_dir = ROOT / "var" / "bench" / f"watch-{os.getpid()}"
    site = start(data_dir)
    try:
        dataset, other = _dataset(site, "watched"), _dataset(site, "searched")
        _ingest(site, other, range(FILES, FILES + 20))
        calls = _calls(dataset, other)
        rest = _asked(site, calls, until=_after(REST))
        busy, seconds = _while_ingesting(site, dataset, calls)
    finally:
        stop(site)
        shutil.rmtree(data_dir, ignore_errors=True)
    _show(rest, busy, seconds)


def _calls(dataset: str, other: str) -> list[Call]:
    question = {"dataset_ids": [other], "question": "Who opens the valve?", "page_size": 10}
    return [
        Call("documents, page of 30", "GET", f"/api/v1/datasets/{dataset}/documents?page_size=30"),
        Call("datasets", "GET", "/api/v1/datasets?page_size=30"),
        Call("documents of another dataset", "GET", f"/api/v1/datasets/{other}/documents?page_size=30"),
        Call("search", "POST", "/api/v1/retrieval", json.dumps(question).encode()),
    ]


def _while_ingesting(site: Site, dataset: str, calls: list[Call]) -> tuple[Times, float]:
    """Times of requests while the files go in, and how long that takes."""
    began, ended = time.monotonic(), threading.Event()

    def ingest() -> None:
        try:
            _ingest(site, dataset, range(FILES))
        finally:
            ended.set()

    thread = threading.Thread(target=ingest)
    thread.start()
    times = _asked(site, calls, until=ended.is_set)
    thread.join()
    return times, time.monotonic() - began


def _asked(site: Site, calls: list[Call], *, until: Callable[[], bool]) -> Times:
    """Times of requests by name, asked at RATE; one that is late counts from when it was due."""
    clients = {call.name: Client(site) for call in calls}
    times: Times = defaultdict(list)
    for call in calls:
        for _ in range(10):
            clients[call.name].ask(call)  # warms up
    lock = threading.Lock()

    def ask(call: Call, offset: int) -> None:
        began = time.monotonic() + offset / RATE
        for number in count():
            due = began + number * len(calls) / RATE
            time.sleep(max(0.0, due - time.monotonic()))
            if until():
                return
            clients[call.name].ask(call)
            with lock:
                times[call.name].append(time.monotonic() - due)

    threads = [threading.Thread(target=ask, args=(call, offset)) for offset, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


def _after(seconds: float) -> Callable[[], bool]:
    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end


def _dataset(site: Site, name: str) -> str:
    with site.api as api:
        created: str = api.post("/datasets", json={"name": name}).raise_for_status().json()["data"]["id"]
        return created


def _ingest(site: Site, dataset: str, numbers: range) -> None:
    """Upload files, have them parsed, and wait until they are."""
    path = f"/datasets/{dataset}/documents"
    with site.api as api:
        for begin in range(numbers.start, numbers.stop, AT_ONCE):
            files = [("file", (f"{n}.txt", _text(n))) for n in numbers[begin - numbers.start :][:AT_ONCE]]
            rows = api.post(path, files=files).raise_for_status().json()["data"]
            ids = [row["id"] for row in rows]
            api.post(f"/datasets/{dataset}/chunks", json={"document_ids": ids}).raise_for_status()

        def finished() -> bool:
            done = api.get(path, params={"run": "DONE", "page_size": 1}).raise_for_status().json()["data"]["total"]
            return bool(done == len(numbers))

        wait_until(finished, 1800, "the end of ingestion", site, pause=1.0)


def _text(number: int) -> bytes:
    sentences = (
        f"Rule {number}.{n}: whoever {_VERBS[(number + n) % 10]} the {_SUBJECTS[n % 10]} tells unit {n} at once."
        for n in range(WORDS // 12)
    )
    return "\n".join(sentences).encode()


def _show(rest: Times, busy: Times, seconds: float) -> None:
    table = Table(title=f"Requests at rest, and while {FILES:,} files are ingested in {seconds:.0f} s (ms)")
    for column in ("request", "p50 at rest", "p95 at rest", "p50 ingesting", "p95 ingesting", "ratio of p95"):
        table.add_column(column)
    reading = [name for name in rest if name != "search"]
    rows = {name: (rest[name], busy[name]) for name in rest}
    rows["reading, all together"] = (
        [value for name in reading for value in rest[name]],
        [value for name in reading for value in busy[name]],
    )
    for name, (calm, loaded) in rows.items():
        before, during = statistics.quantiles(calm, n=20), statistics.quantiles(loaded, n=20)
        shown = [f"{1000 * value:.1f}" for value in (before[9], before[18], during[9], during[18])]
        table.add_row(name, *shown, f"{during[18] / before[18]:.2f}")
    Console().print(table)
    Console().print(f"Other load on this machine at the end: {psutil.getloadavg()[0]:.1f}")
