"""Lists, details and token checks over HTTP: alone against many rows, and 64 clients at once.

A site in real processes, with 2,000 datasets and 100,000 documents (`seeding`). Alone: p50 and p95 of each kind of
request, one after the other. Together: 64 clients that mix lists, searches and token checks, in requests a second and
as a ratio to a bare REST framework view with the same token check (`bare`), served the same way in the same run.
"""

import http.client
import json
import os
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import cycle, islice
from urllib.parse import urlsplit

import httpx
from rich.console import Console
from rich.table import Table

from tests.flows.live import ROOT, Site, free_port, start, stop, wait_until

ALONE = 200  # requests of each kind
CLIENTS = 64
SECONDS = 15.0  # that the clients keep asking


@dataclass(frozen=True)
class Call:
    """A request."""

    name: str
    method: str
    path: str
    body: bytes | None = None
    session: str = ""  # of the web API; else the token speaks


def main() -> None:
    """Measure and print."""
    data_dir = ROOT / "var" / "bench" / f"api-{os.getpid()}"
    site = start(data_dir)
    try:
        calls = _calls(_seed(site))
        _alone(site, calls)
        _together(site, calls)
    finally:
        stop(site)
        shutil.rmtree(data_dir, ignore_errors=True)


def _seed(site: Site) -> dict[str, str]:
    with site.api as api:
        row = api.post("/datasets", json={"name": "mine"}).json()["data"]
    session = httpx.post(f"{site.url}/v1/user/login", json={"email": site.email, "password": site.password})
    env = os.environ | {"RAGSITE_DATA_DIR": str(site.data_dir)}
    command = [sys.executable, "-m", "tests.benchmarks.seeding", site.email]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    ids: dict[str, str] = json.loads(done.stdout)
    return ids | {"mine": row["id"], "session": session.headers["Authorization"]}


def _calls(ids: dict[str, str]) -> list[Call]:
    large, document = ids["large"], ids["document"]
    question = {"dataset_ids": [ids["searched"]], "question": "Who opens the valve?", "page_size": 10}
    return [
        Call("list datasets", "GET", "/api/v1/datasets?page_size=30"),
        Call("list datasets, page 60", "GET", "/api/v1/datasets?page_size=30&page=60"),
        Call("one dataset by id", "GET", f"/api/v1/datasets?id={ids['mine']}"),
        Call("list documents of 50,000", "GET", f"/api/v1/datasets/{large}/documents?page_size=30"),
        Call("the same, page 1,600", "GET", f"/api/v1/datasets/{large}/documents?page_size=30&page=1600"),
        Call("the same, by keyword", "GET", f"/api/v1/datasets/{large}/documents?keywords=report 777"),
        Call("one document by id", "GET", f"/api/v1/datasets/{large}/documents?id={document}"),
        Call("chunks of a document", "GET", f"/api/v1/datasets/{large}/documents/{document}/chunks"),
        Call("retrieval over 500 chunks", "POST", "/api/v1/retrieval", json.dumps(question).encode()),
        *(
            Call(f"web: {name}", method, f"/v1/{path}", body, ids["session"])
            for name, method, path, body in (
                ("datasets", "POST", "kb/list?page=1&page_size=30", b"{}"),
                ("a dataset of 50,000", "GET", f"kb/detail?kb_id={large}", None),
                ("its documents", "POST", f"document/list?kb_id={large}&page=1&page_size=30", b"{}"),
                ("counts to filter them by", "POST", "document/filter", json.dumps({"kb_id": large}).encode()),
                ("one document", "POST", "document/infos", json.dumps({"doc_ids": [document]}).encode()),
                ("chunks of a document", "POST", "chunk/list", json.dumps({"doc_id": document}).encode()),
            )
        ),
    ]


def _alone(site: Site, calls: Sequence[Call]) -> None:
    table = Table(title="One client, 2,000 datasets, 100,000 documents (ms)")
    for column in ("request", "p50", "p95"):
        table.add_column(column)
    for call in calls:
        client = Client(site)
        times = [client.ask(call) for _ in range(ALONE + 20)][20:]
        cuts = statistics.quantiles(times, n=20)
        table.add_row(call.name, f"{cuts[9] * 1000:.1f}", f"{cuts[18] * 1000:.1f}")
    Console().print(table)


def _together(site: Site, calls: Sequence[Call]) -> None:
    by_name = {call.name: call for call in calls}
    lists = [by_name[name] for name in ("list datasets", "list documents of 50,000", "chunks of a document")]
    checks = [by_name["one dataset by id"], by_name["one document by id"]]
    mix = [*lists, *checks, by_name["retrieval over 500 chunks"]]
    rate, slow, failed = _crowd(site, mix)
    with _Bare(site) as bare:
        base, bare_slow, _ = _crowd(bare.site, [Call("bare", "GET", "/bare")])
    table = Table(title=f"{CLIENTS} clients at once")
    for column in ("what", "requests/s", "p95 ms", "failed"):
        table.add_column(column)
    table.add_row("lists, token checks, searches (3 : 2 : 1)", f"{rate:.0f}", f"{slow * 1000:.0f}", str(failed))
    table.add_row("bare view with token check", f"{base:.0f}", f"{bare_slow * 1000:.0f}", "")
    table.add_row("ratio", f"{rate / base:.2f}", "", "")
    Console().print(table)


def _crowd(site: Site, mix: Sequence[Call]) -> tuple[float, float, Counter[str]]:
    """Requests a second of CLIENTS clients over SECONDS, the p95 in seconds, and what failed."""
    times: list[float] = []
    failed: Counter[str] = Counter()
    end = time.monotonic() + SECONDS

    def ask(offset: int) -> None:
        client = Client(site)
        for call in islice(cycle(mix), offset, None):
            if time.monotonic() > end:
                return
            try:
                times.append(client.ask(call))
            except (OSError, http.client.HTTPException, AssertionError) as error:
                failed[f"{call.name}: {error}"] += 1

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(CLIENTS)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(times) / (time.monotonic() - began), statistics.quantiles(times, n=20)[18], failed


class Client:
    """One connection that is kept; the standard library's, because clients share the cores with the site."""

    def __init__(self, site: Site) -> None:
        where = urlsplit(site.url)
        self.link = http.client.HTTPConnection(where.hostname or "", where.port, timeout=60)
        self.headers = {"Authorization": f"Bearer {site.token}", "Content-Type": "application/json"}

    def ask(self, call: Call) -> float:
        """Seconds until the whole answer was there; raises AssertionError for one that is no success."""
        began = time.perf_counter()
        headers = {**self.headers, "Authorization": call.session} if call.session else self.headers
        self.link.request(call.method, call.path.replace(" ", "%20"), call.body, headers)
        answer = self.link.getresponse()
        body = answer.read()
        seconds = time.perf_counter() - began
        if answer.status != 200 or not body.startswith(b'{"code":0'):
            raise AssertionError(f"{answer.status} {body[:200]!r}")
        return seconds


class _Bare:
    """The bare view, served as the site serves its own."""

    def __init__(self, site: Site) -> None:
        port = free_port()
        env = os.environ | {"RAGSITE_DATA_DIR": str(site.data_dir), "RAGSITE_PROCESS": "web"}
        gunicorn = ["-m", "gunicorn", "--config", "python:ragsite.gunicorn", "--bind", f"127.0.0.1:{port}"]
        command = [sys.executable, *gunicorn, "tests.benchmarks.bare:application"]
        self.process = subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.DEVNULL)
        self.site = Site(f"http://127.0.0.1:{port}", site.data_dir, site.log, self.process, site.token)

    def __enter__(self) -> "_Bare":
        headers = {"Authorization": f"Bearer {self.site.token}"}

        def answers() -> bool:
            with suppress(httpx.TransportError):
                return httpx.get(f"{self.site.url}/bare", headers=headers).status_code == 200
            return False

        wait_until(answers, 60, "the bare view")
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait()
