"""Quality and speed through the HTTP API: each text of a collection uploaded as a file, each question asked over HTTP.

A site in real processes with the default settings. Beside each figure stands that of the same texts as a chunk each,
without HTTP (`judged.ingest`): uploading, parsing and chunking are to cost nothing. A chunk counts for its document.
"""

import os
import shutil
import statistics
import time
from collections.abc import Iterator, Sequence

import httpx

from documents.evaluation.metrics import mean, ndcg
from tests.benchmarks.judged import Collection, Kind, ingest, kinds, load, place_id, quality
from tests.benchmarks.markdown import markdown
from tests.benchmarks.scratch import database
from tests.flows.live import ROOT, Site, start, stop, wait_until

PROVIDER = "Builtin"
FILES = 32  # of one upload
ASKED = 500  # questions of a collection, at most
DEPTH = 10
WEIGHT = 0.3  # the contract's default


def main(*names: str) -> None:
    """Measure and print; collections by name, or all."""
    title = "nDCG@10 through the HTTP API, a file for every text, default settings"
    table = markdown(title, "collection", "files", "ingested", "through HTTP", "without", "p50", "p95")
    data_dir = ROOT / "var" / "bench" / f"through-{os.getpid()}"
    site = start(data_dir)
    try:
        for kind in kinds(names):
            table.row(*_row(site, load(kind, most=ASKED)))
    finally:
        stop(site)
        shutil.rmtree(data_dir, ignore_errors=True)


def _row(site: Site, collection: Collection) -> Iterator[str]:
    with site.api as api:
        dataset = _created(api, collection.kind)
        seconds = _ingest(site, api, dataset, collection)
        found, times = _asked(api, dataset, collection)
    cuts = statistics.quantiles(times, n=20)
    through = mean([ndcg(ids, judged, DEPTH) for ids, judged in zip(found, collection.judged, strict=True)])
    with database():
        alone = quality(collection, ingest(collection).kb, WEIGHT)
    yield from (collection.kind.name, f"{len(collection.documents):,}", f"{seconds:.0f} s")
    yield from (f"{through:.4f}", f"{alone:.4f}", f"{cuts[9] * 1000:.1f} ms", f"{cuts[18] * 1000:.1f} ms")


def _created(api: httpx.Client, kind: Kind) -> str:
    body = {"name": kind.name, "embedding_model": f"{kind.model}@{PROVIDER}"}
    return str(api.post("/datasets", json=body).json()["data"]["id"])


def _ingest(site: Site, api: httpx.Client, dataset: str, collection: Collection) -> float:
    """Seconds from the first upload to the last document that is searchable."""
    began = time.monotonic()
    files = [("file", (f"{place}.txt", passage.encode())) for place, passage in enumerate(collection.passages)]
    for start_ in range(0, len(files), FILES):
        rows = api.post(f"/datasets/{dataset}/documents", files=files[start_ : start_ + FILES]).json()["data"]
        ids = [row["id"] for row in rows]
        api.post(f"/datasets/{dataset}/chunks", json={"document_ids": ids}).raise_for_status()

    def finished() -> bool:
        waiting = {"page_size": 1, "run": ["UNSTART", "RUNNING"]}
        return not api.get(f"/datasets/{dataset}/documents", params=waiting).json()["data"]["total"]

    wait_until(finished, 1800, "the end of ingestion", site, pause=0.5)
    return time.monotonic() - began


def _asked(api: httpx.Client, dataset: str, collection: Collection) -> tuple[list[Sequence[str]], list[float]]:
    """For each question the documents of what was found, as keys of `Collection.judged`; and the seconds it took."""
    found: list[Sequence[str]] = []
    times = []
    for question in collection.questions:
        body = {"dataset_ids": [dataset], "question": question["text"], "page_size": DEPTH, "similarity_threshold": 0}
        began = time.perf_counter()
        chunks = api.post("/retrieval", json=body).json()["data"]["chunks"]
        times.append(time.perf_counter() - began)
        places = dict.fromkeys(chunk["document_keyword"].removesuffix(".txt") for chunk in chunks)
        found.append([place_id(int(place)) for place in places])
    return found, times
