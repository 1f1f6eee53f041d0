"""Ragsite beside its peers: the same chunks, the same vectors, the same questions, one after the other.

    make bench-peers

Each peer runs in a process of an environment of its own (requirements.txt beside this), in its own default hybrid
search where it has one. Embedding is done once, beforehand, for all: what is measured is the index and the search.
Those that use PostgreSQL use the same server. Prints a table for each collection, in Markdown.
"""

import argparse
import json
import os
import statistics
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[3]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ragsite.settings.test")

import django  # noqa: E402

django.setup()

import numpy as np  # noqa: E402
import psycopg  # noqa: E402
from django.db import connection  # noqa: E402

from knowledgebases.embedders.base import Embedder, Vectors  # noqa: E402
from knowledgebases.retrieval import Options, retrieve  # noqa: E402
from tests.benchmarks.judged import Collection, Known, embedder_of, ingest, kinds, load  # noqa: E402
from tests.benchmarks.peers.measuring import DEPTH, ROUNDS  # noqa: E402
from tests.benchmarks.scratch import database  # noqa: E402

HERE = Path(__file__).parent
NAMES = ("cranfield", "chroma-chunked", "scifact-train")
PEERS = {
    "Chroma": "chroma.py",
    "txtai": "txtai_hybrid.py",
    "LlamaIndex with pgvector": "llamaindex.py",
    "Haystack with pgvector": "haystack_pgvector.py",
}
DATABASE = "ragsite_bench_peers"


@dataclass(frozen=True)
class Result:
    """What one of them did with a collection."""

    name: str
    version: str
    ingested: float
    times: list[float]
    found: list[list[str]]

    def row(self, collection: Collection) -> str:
        """A line of the table."""
        from documents.evaluation.metrics import mean, ndcg

        cuts = statistics.quantiles(self.times, n=20)
        judged = [{collection.documents[int(pk, 16)]["id"]: n for pk, n in one.items()} for one in collection.judged]
        quality = mean([ndcg(ids, grades, DEPTH) for ids, grades in zip(self.found, judged, strict=True)])
        times = f"{self.ingested:.1f} s | {cuts[9] * 1000:.1f} ms | {cuts[18] * 1000:.1f} ms"
        return f"| {self.name} | {self.version} | {times} | {quality:.4f} |"


def main() -> None:
    """Print the tables."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--python", required=True, help="interpreter of the peers' environment")
    arguments.add_argument("--only", nargs="*", default=NAMES, help="names of collections")
    options = arguments.parse_args()
    with database():
        for kind in kinds(options.only):
            _compare(load(kind), embedder_of(kind.model), options.python)


def _compare(collection: Collection, embedder: Embedder, python: str) -> None:
    chunks = embedder.embed(collection.passages)
    questions = np.stack([embedder.embed_query(question["text"]) for question in collection.questions])
    print(f"\n### {collection.kind.name}: {len(chunks):,} chunks, {len(questions):,} questions\n")
    print("| | version | ingest | search p50 | p95 | nDCG@10 |\n|---|---|---|---|---|---|")
    print(_ours(collection, chunks, questions, embedder).row(collection), flush=True)
    with TemporaryDirectory() as folder:
        _write(Path(folder), collection, chunks, questions)
        for name, script in PEERS.items():
            print(_theirs(name, script, Path(folder), python).row(collection), flush=True)


def _ours(collection: Collection, chunks: Vectors, questions: Vectors, embedder: Embedder) -> Result:
    texts = [question["text"] for question in collection.questions]
    known = Known(embedder, dict(zip(texts, questions, strict=True)))
    began = time.perf_counter()
    kb = ingest(collection, chunks).kb
    ingested = time.perf_counter() - began
    options = Options(page_size=DEPTH, threshold=0.0)
    for _ in range(ROUNDS):
        times, found = [], []
        for text in texts:
            began = time.perf_counter()
            answer = retrieve([kb], text, options, embedder=known)
            times.append(time.perf_counter() - began)
            places = [int(scored.hit.chunk_id[8:], 16) for scored in answer.hits]
            found.append([collection.documents[place]["id"] for place in places])
    return Result("**Ragsite**", "", ingested, times, found)


def _write(folder: Path, collection: Collection, chunks: Vectors, questions: Vectors) -> None:
    """The files that `measuring.measure` reads."""
    texts = collection.passages
    rows = [{"id": row["id"], "text": text} for row, text in zip(collection.documents, texts, strict=True)]
    (folder / "chunks.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (folder / "questions.jsonl").write_text("\n".join(map(json.dumps, collection.questions)))
    np.save(folder / "chunks.npy", chunks)
    np.save(folder / "questions.npy", questions)


def _theirs(name: str, script: str, folder: Path, python: str) -> Result:
    """Run a peer in a database, and a folder, of its own."""
    known = connection.get_connection_params()
    account = {key: known[key] for key in ("host", "port", "user", "password") if key in known}
    with psycopg.connect(**account, dbname="postgres", autocommit=True) as server:
        at = server.info
        place = f"{at.user}:{at.password}@/{DATABASE}?host={at.host}&port={at.port}"
        server.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {DATABASE}")
        try:
            with TemporaryDirectory() as own:
                out = Path(own) / "result.json"
                environment = os.environ | {
                    "PEER_DATABASE": place,
                    "HAYSTACK_TELEMETRY_ENABLED": "False",
                    "PYTHONPATH": "",
                }
                subprocess.run([python, str(HERE / script), str(folder), str(out)], env=environment, check=True)
                return Result(name, **json.loads(out.read_text()))
        finally:
            server.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")


if __name__ == "__main__":
    main()
