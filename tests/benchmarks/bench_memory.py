"""Memory of each process, and throughput, while a 1,000-page PDF and a long text file are ingested.

    python -m tests.benchmarks memory          a text file of 1 GB (1,024 MiB)
    python -m tests.benchmarks memory=100      one of 100 MiB

A site in real processes, files uploaded through its API. The bundled model would embed a gigabyte of text in hours on
two cores, so an endpoint on loopback does it, with vectors of DIMENSION numbers: everything else is as it always is.
"""

import hashlib
import json
import os
import struct
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import psutil
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas
from rich.console import Console
from rich.table import Table

from tests.benchmarks.bench_ingestion import kind_of
from tests.flows.live import ROOT, Site, start, stop

LIMIT = 700  # MiB, the target for any process
PAGES = 1_000
DIMENSION = 8
MODEL = "loopback@OpenAI-API-Compatible"
LOOK = 0.3  # seconds between two looks at the processes
SECONDS = 4 * 3600  # after which a document that is not done is given up
WORDS = ("river", "harbour", "ledger", "quietly", "measures", "of", "the", "turbine", "and", "a", "contract", "opens")


@dataclass
class Peaks:
    """The most that any process of a kind took, MiB, while this was watched."""

    resident: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    proportional: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def look(self, site: Site) -> None:
        """Take what the processes have now into account."""
        for process in site.family():
            try:
                kind, memory = kind_of(process.cmdline()), process.memory_full_info()
            except psutil.Error:
                continue  # it has just ended
            self.resident[kind] = max(self.resident[kind], memory.rss / 2**20)
            self.proportional[kind] = max(self.proportional[kind], memory.pss / 2**20)


def main(size: int = 1024) -> None:
    """Measure and print; `size` of the text in MiB."""
    console = Console()
    console.print(f"Embedding is done by an endpoint on loopback, with {DIMENSION} numbers a vector.")
    with TemporaryDirectory(dir=ROOT / "var") as folder, _endpoint() as endpoint, _site(endpoint) as site:
        _register(site, endpoint)
        pdf, text = Path(folder) / "pages.pdf", Path(folder) / "long.txt"
        write_pdf(pdf, PAGES)
        console.print(_measured(site, pdf, f"PDF of {PAGES:,} pages", PAGES, "pages"))
        write_text(text, size << 20)
        console.print(_measured(site, text, f"Text of {size:,} MiB", size, "MiB"))


def write_pdf(path: Path, pages: int) -> None:
    """A PDF with a page of prose, a heading and a number on each page."""
    canvas = Canvas(str(path), pagesize=A4)
    words = _words()
    for page in range(pages):
        canvas.setFont("Helvetica-Bold", 16)
        canvas.drawString(60, 780, f"Section {page + 1}")
        canvas.setFont("Helvetica", 10)
        for line in range(48):
            canvas.drawString(60, 750 - 14 * line, " ".join(next(words) for _ in range(13)))
        canvas.showPage()
    canvas.save()


def write_text(path: Path, size: int) -> None:
    """A text file of about `size` bytes: paragraphs of some hundred words, no two alike."""
    words = _words()
    with path.open("w") as file:
        while file.tell() < size:
            block = [" ".join(next(words) for _ in range(100)) + "." for _ in range(100)]
            file.write("\n\n".join(block) + "\n\n")


def _words() -> Iterator[str]:
    """Words without end, every seventh of them new."""
    for number in count():
        yield f"n{number}" if number % 7 == 0 else WORDS[number * 31 % 97 % len(WORDS)]


def _measured(site: Site, path: Path, title: str, amount: int, unit: str) -> Table:
    """Ingest a file and tell what that took."""
    peaks, began = Peaks(), time.monotonic()
    with _watched(site, peaks):
        row, uploaded = _ingest(site, path)
    seconds = time.monotonic() - began - uploaded
    table = Table(title=f"{title}: {row['run']}, {row['chunk_count']:,} chunks, {row['progress_msg'][-60:]!r}")
    for column in ("process", "RSS, MiB", "PSS, MiB", ""):
        table.add_column(column)
    for kind in sorted(peaks.resident):
        own = peaks.proportional[kind]
        table.add_row(kind, f"{peaks.resident[kind]:.0f}", f"{own:.0f}", "" if own <= LIMIT else f"above {LIMIT}")
    table.caption = f"uploaded in {uploaded:.1f} s, ingested in {seconds:.1f} s: {amount / seconds:.1f} {unit}/s"
    return table


@contextmanager
def _watched(site: Site, peaks: Peaks) -> Iterator[None]:
    done = threading.Event()

    def watch() -> None:
        while not done.wait(LOOK):
            peaks.look(site)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _ingest(site: Site, path: Path) -> tuple[dict[str, Any], float]:
    """Upload and parse a file in a dataset of its own; its row at the end, and the seconds that the upload took."""
    with site.api as api:
        api.timeout = httpx.Timeout(600)
        dataset = api.post("/datasets", json={"name": path.name, "embedding_model": MODEL}).json()["data"]["id"]
        began = time.monotonic()
        with path.open("rb") as file:
            answer = api.post(f"/datasets/{dataset}/documents", files={"file": (path.name, file)}).json()
        uploaded = time.monotonic() - began
        document = answer["data"][0]["id"]
        api.post(f"/datasets/{dataset}/chunks", json={"document_ids": [document]}).raise_for_status()
        while True:
            row = api.get(f"/datasets/{dataset}/documents", params={"id": document}).json()["data"]["docs"][0]
            if row["run"] in {"DONE", "FAIL"} or time.monotonic() - began > SECONDS:
                return row, uploaded
            time.sleep(1)


def _register(site: Site, endpoint: str) -> None:
    """Have the account's tenant call the endpoint; an operator does that in the console."""
    name, _, provider = MODEL.partition("@")
    code = (
        "from system.models import ModelEndpoint, User\n"
        f"ModelEndpoint.objects.create(tenant=User.objects.get(email={site.email!r}).tenant, provider={provider!r}, "
        f"name={name!r}, base_url='http://{endpoint}/v1', dimension={DIMENSION})"
    )
    environment = os.environ | {
        "RAGSITE_DATA_DIR": str(site.data_dir),
        "DJANGO_SETTINGS_MODULE": "ragsite.settings.base",
    }
    subprocess.run([sys.executable, "manage.py", "shell", "-c", code], cwd=ROOT, env=environment, check=True)


@contextmanager
def _site(endpoint: str) -> Iterator[Site]:
    with TemporaryDirectory(dir=ROOT / "var") as folder:
        limits = {"RAGSITE_UPLOAD_BYTES": str(8 << 30), "RAGSITE_REQUEST_BYTES": str(9 << 30)}
        site = start(Path(folder) / "site", RAGSITE_PRIVATE_ENDPOINTS=endpoint, **limits)
        try:
            yield site
        finally:
            stop(site)


@contextmanager
def _endpoint() -> Iterator[str]:
    """An OpenAI-compatible embedding endpoint: a vector is made of the digest of its text."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            texts = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["input"]
            rows = [{"index": number, "embedding": vector(text)} for number, text in enumerate(texts)]
            body = json.dumps({"data": rows}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    def vector(text: str) -> list[int]:
        digest = hashlib.blake2b(text.encode(), digest_size=4 * DIMENSION).digest()
        return [1 + number % 1000 for number in struct.unpack(f"{DIMENSION}I", digest)]

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
