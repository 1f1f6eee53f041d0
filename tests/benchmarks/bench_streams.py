"""Streams of events: 200 of them open on a site in real processes, while documents change and others ask.

A change is a heartbeat, committed by a process of its own; its message is the time just before. Latency: from then to
the receipt of the event, in every stream of that dataset. Before, and with the streams open: what ordinary requests
take. With them: processor time and memory of the web processes, and how many connections to the database they have.
"""

import json
import os
import selectors
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

import httpx
import psutil
from rich.console import Console
from rich.table import Table

from tests.flows.live import ROOT, Site, start, stop

STREAMS = 200
DATASETS = 10
SECONDS = 20.0  # that changes are made
PAUSE = 0.1  # seconds between two changes
ASKED = 200  # ordinary requests, for each figure


class Crowd:
    """The open streams, read by one selector."""

    def __init__(self) -> None:
        self.selector = selectors.DefaultSelector()
        self.latencies: list[float] = []

    def open(self, site: Site, path: str) -> None:
        """One more."""
        where = urlsplit(site.url)
        link = socket.create_connection((where.hostname or "", where.port or 80), timeout=10)
        lines = [f"GET {path} HTTP/1.1", f"Host: {where.netloc}", f"Authorization: Bearer {site.token}"]
        link.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        link.setblocking(False)
        self.selector.register(link, selectors.EVENT_READ, bytearray())

    def read(self, until: float) -> None:
        """What comes until then."""
        while (left := until - time.monotonic()) > 0:
            for key, _ in self.selector.select(left):
                link, text = key.fileobj, key.data
                assert isinstance(link, socket.socket)
                came = link.recv(1 << 16)
                if not came:
                    raise AssertionError(f"a stream ended: {bytes(text[-500:])!r}")
                text += came
                now = time.monotonic()
                while (end := text.find(b"\n\n")) >= 0:
                    self._told(bytes(text[:end]), now)
                    del text[: end + 2]

    def _told(self, event: bytes, now: float) -> None:
        _, found, rest = event.partition(b'"message": "change ')
        if found:
            self.latencies.append(now - float(rest[: rest.index(b'"')]))


def main() -> None:
    """Measure and print."""
    data_dir = ROOT / "var" / "bench" / f"streams-{os.getpid()}"
    site = start(data_dir, RAGSITE_STREAMS_PER_USER=str(STREAMS), RAGSITE_WORKERS="1")
    try:
        _measure(site)
    finally:
        stop(site)
        shutil.rmtree(data_dir, ignore_errors=True)


def _measure(site: Site) -> None:
    env = os.environ | {"RAGSITE_DATA_DIR": str(site.data_dir)}
    changing = [sys.executable, "-m", "tests.benchmarks.changing"]
    prepared = subprocess.run(
        [*changing, "prepare", site.email, str(DATASETS)], cwd=ROOT, env=env, stdout=-1, check=True
    )
    rows = json.loads(prepared.stdout.splitlines()[-1])
    before = _ask(site)
    crowd = Crowd()
    for number in range(STREAMS):
        crowd.open(site, f"/api/v1/datasets/{rows[number % DATASETS]['dataset']}/events")
    crowd.read(time.monotonic() + 4.0)
    web = site.processes("ragsite.wsgi")
    spent = _spent(web)
    beat = [*changing, "beat", str(SECONDS), str(PAUSE), *(str(row["task"]) for row in rows)]
    with subprocess.Popen(beat, cwd=ROOT, env=env) as beating:
        asking: list[list[float]] = []
        asker = threading.Timer(5.0, lambda: asking.append(_ask(site)))
        asker.start()
        began = time.monotonic()
        while beating.poll() is None:
            crowd.read(time.monotonic() + 0.5)
        asker.join()
    crowd.read(time.monotonic() + 2.0)
    busy = (_spent(web) - spent) / (time.monotonic() - began)
    memory = sum(one.memory_full_info().pss for one in web) / 2**20
    _show(crowd.latencies, before, asking[0], busy=busy, memory=memory, links=_links(site))


def _spent(processes: Sequence[psutil.Process]) -> float:
    return float(sum(sum(one.cpu_times()[:2]) for one in processes))


def _links(site: Site) -> int:
    env = os.environ | {"RAGSITE_DATA_DIR": str(site.data_dir)}
    command = [sys.executable, "-m", "tests.benchmarks.changing", "links"]
    return int(subprocess.run(command, cwd=ROOT, env=env, stdout=-1, check=True).stdout.splitlines()[-1])


def _ask(site: Site) -> list[float]:
    """Seconds of ordinary requests, one after the other on one connection."""
    times = []
    with site.api as api:
        for _ in range(ASKED + 10):
            began = time.perf_counter()
            assert api.get("/datasets?page_size=30").status_code == httpx.codes.OK
            times.append(time.perf_counter() - began)
    return times[10:]


def _show(
    latencies: Sequence[float],
    before: Sequence[float],
    during: Sequence[float],
    *,
    busy: float,
    memory: float,
    links: int,
) -> None:
    table = Table(title=f"{STREAMS} streams of {DATASETS} datasets, {1 / PAUSE:.0f} changes a second")
    for column in ("what", "p50", "p95", "worst"):
        table.add_column(column)
    for name, times in (
        ("commit to receipt, ms", latencies),
        ("an ordinary request before, ms", before),
        ("the same meanwhile, ms", during),
    ):
        cuts = statistics.quantiles(times, n=20)
        table.add_row(name, *(f"{1000 * value:.0f}" for value in (cuts[9], cuts[18], max(times))))
    table.caption = (
        f"{len(latencies):,} events received; the web processes took {busy:.2f} cores and {memory:.0f} MB, "
        f"and {links} connections to the database"
    )
    Console().print(table)
