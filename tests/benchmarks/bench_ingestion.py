"""Ingestion end to end, as a ratio to the bare embedding of the same chunks in the same run; and memory.

A site in real processes ingests about 200 PDF pages: the development documents under ../shared/data where they are
there, else the demo's samples over and over. The baseline embeds the chunks that came out of it, by length, with as
many threads and nothing else to do.
"""

import os
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import cache
from itertools import count
from multiprocessing import get_context
from pathlib import Path

import psutil
import pypdfium2
from rich.console import Console
from rich.table import Table

from knowledgebases.embedders import BUNDLED
from knowledgebases.embedders.catalogue import DEFAULT
from knowledgebases.embedders.onnx import OnnxEmbedder
from tests.flows.live import ROOT, SAMPLES, Site, start, stop, wait_until

PAGES = 200
WORKERS = 2
PAUSE = 0.25  # seconds between two looks at the documents, each a request
MEMORY_LOOKS = 4  # of them, every how many one looks at the memory too: that costs some 50 ms of a core
BATCH = 16  # texts of one call of the baseline
REAL = ROOT.parent / "shared" / "data" / "documents" / "pdf"


def main() -> None:
    """Measure and print."""
    console = Console()
    files, pages = _files()
    with _site() as site:
        idle = _memory(site)
        seconds, chunks, peak = _ingest(site, files)
    bare = _bare_embedding(chunks)
    table = Table(title=f"Ingestion of {pages} PDF pages in {len(files)} documents, {WORKERS} workers")
    for column in ("measure", "value"):
        table.add_column(column)
    table.add_row("end to end", f"{seconds:.1f} s ({pages / seconds:.1f} pages/s)")
    table.add_row("chunks", str(len(chunks)))
    table.add_row("bare embedding of the same chunks", f"{bare:.1f} s")
    table.add_row("ratio", f"{seconds / bare:.2f}")
    console.print(table)
    memory = Table(title="Memory by process (MiB, proportional set size)")
    for column in ("process", "idle", "peak"):
        memory.add_column(column)
    for name in sorted(idle | peak):
        memory.add_row(name, f"{idle.get(name, 0):.0f}", f"{peak.get(name, 0):.0f}")
    memory.add_row("all together", f"{sum(idle.values()):.0f}", "")
    console.print(memory)


def _files() -> tuple[list[tuple[str, bytes]], int]:
    """About PAGES pages of PDF as (name, bytes), and how many they are."""
    sources = sorted((REAL if REAL.is_dir() else SAMPLES).glob("*.pdf"))
    files, pages = [], 0
    for turn in range(1000):
        for source in sources:
            count = _page_count(source)
            if count and pages + count <= PAGES:
                files.append((f"{turn}-{source.name}", source.read_bytes()))
                pages += count
        if pages >= 0.9 * PAGES:
            break
    return files, pages


def _page_count(path: Path) -> int:
    """Pages of a PDF with text; 0 for one that cannot be read."""
    try:
        with pypdfium2.PdfDocument(path) as document:
            text = document[0].get_textpage().get_text_range()
            return len(document) if text.strip() else 0
    except pypdfium2.PdfiumError:
        return 0


@contextmanager
def _site() -> Iterator[Site]:
    site = start(ROOT / "var" / "bench" / str(os.getpid()), RAGSITE_WORKERS=str(WORKERS))
    try:
        yield site
    finally:
        stop(site)


def _ingest(site: Site, files: list[tuple[str, bytes]]) -> tuple[float, list[str], dict[str, float]]:
    """Seconds from the parse call to the last DONE, the chunks' texts, and peak memory by process."""
    peak: dict[str, float] = defaultdict(float)
    with site.api as api:
        dataset = api.post("/datasets", json={"name": "bench"}).json()["data"]["id"]
        ids = [
            api.post(f"/datasets/{dataset}/documents", files={"file": file}).json()["data"][0]["id"] for file in files
        ]
        began = time.monotonic()
        api.post(f"/datasets/{dataset}/chunks", json={"document_ids": ids}).raise_for_status()

        looks = count()

        def finished() -> bool:
            if next(looks) % MEMORY_LOOKS == 0:
                for name, size in _memory(site).items():
                    peak[name] = max(peak[name], size)
            rows = api.get(f"/datasets/{dataset}/documents", params={"page_size": 1000}).json()["data"]["docs"]
            return all(row["run"] in {"DONE", "FAIL"} for row in rows)

        wait_until(finished, 900, "the end of ingestion", site, pause=PAUSE)
        seconds = time.monotonic() - began
        texts = []
        for document in ids:
            path = f"/datasets/{dataset}/documents/{document}/chunks"
            texts += [
                chunk["content"] for chunk in api.get(path, params={"page_size": 10_000}).json()["data"]["chunks"]
            ]
    return seconds, texts, dict(peak)


def _bare_embedding(texts: list[str]) -> float:
    """Seconds to embed `texts` with nothing else to do, in as many processes of one thread as the site has workers."""
    ordered = sorted(texts, key=len)
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        list(pool.map(_embed, [texts[:8]] * WORKERS))  # loads the model in each
        began = time.monotonic()
        list(pool.map(_embed, [ordered[start : start + BATCH] for start in range(0, len(ordered), BATCH)][::-1]))
        return time.monotonic() - began


def _embed(texts: list[str]) -> int:
    return len(_model().embed(texts))


@cache
def _model() -> OnnxEmbedder:
    return OnnxEmbedder(BUNDLED / DEFAULT, model_id="bare", threads=1)


def _memory(site: Site) -> dict[str, float]:
    """Proportional set size of the site's processes by kind, MiB."""
    sizes: dict[str, float] = defaultdict(float)
    for process in site.family():
        try:
            sizes[kind_of(process.cmdline())] += process.memory_full_info().pss / 2**20
        except psutil.Error:
            continue  # it has just ended
    return dict(sizes)


def kind_of(command: list[str]) -> str:
    """What a process of the site is, by its command line."""
    line = " ".join(command)
    kinds = {
        "documents.parsers.child": "parser children",
        "manage.py work": "workers",
        "manage.py sweep": "sweeper",
        "gunicorn": "web",
        "ragsite.embedded.site": "supervisor",
        "postgres": "PostgreSQL",
        "valkey": "Valkey",
    }
    return next((kind for mark, kind in kinds.items() if mark in line), "other")
