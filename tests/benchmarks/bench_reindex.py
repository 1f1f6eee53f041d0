"""Reindexing under load: `python -m tests.benchmarks reindex=100000`, or run this file with a size.

A dataset of made-up passages goes from one model to another of twice the dimension, and back, while questions are
asked all the time; the worker is killed in the middle. Figures: searches that failed, or mixed the spaces; time, rows
a second, what the kill cost; p95 of searches before, during and after. The models are an endpoint in a process of its
own that makes vectors up, so the time is that of everything but a model. In a database of its own, which goes.
"""

import base64
import json
import os
import signal
import statistics
import sys
import threading
import time
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
from rich.console import Console
from rich.table import Table

from tests.benchmarks.scratch import database
from tests.loopback import reply, serving

SIZE = 100_000
DIMENSIONS = {"small": 384, "large": 768}
PROVIDER = "OpenAI-API-Compatible"
PER_DOCUMENT = 500
BATCH = 1_000
THREADS, PAUSE = 2, 0.05  # that ask, and the seconds between two questions of one
BEFORE = 5.0  # seconds of questions before and after


def main(size: int = SIZE) -> None:
    """Measure and print."""
    with database(), _endpoint() as url:
        from knowledgebases import embedders

        embedders.configure(private_endpoints=(url.split("/")[2],))
        kb_id = _dataset(size, url)
        table = Table(title=f"Reindexing {size:,} chunks, {DIMENSIONS['small']} -> {DIMENSIONS['large']} dimensions")
        for column in ("", "searches", "failed", "mixed", "p50", "p95"):
            table.add_column(column)
        with _Load(kb_id, size) as load:
            load.during("before", lambda: time.sleep(BEFORE))
            there = load.during("there", lambda: _there(kb_id, size))
            load.during("after", lambda: time.sleep(BEFORE))
            back = load.during("back", lambda: _back(kb_id))
        for phase in ("before", "there", "after", "back"):
            table.add_row(phase, *load.figures(phase))
        Console().print(table)
        print(f"there: {there}\nback: {back}")
        for wrong in load.wrong[:10]:
            print(wrong)


def _vector(model: str, text: str) -> np.ndarray:
    numbers = np.random.default_rng(zlib.crc32(f"{model} {text}".encode())).normal(size=DIMENSIONS[model])
    return (numbers / np.linalg.norm(numbers)).astype("<f4")


@contextmanager
def _endpoint() -> Iterator[str]:
    """Both models, in a process of their own; their address."""
    reading, writing = os.pipe()
    if not (pid := os.fork()):
        _serve(writing)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        port = pipe.readline().strip()
    try:
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _serve(writing: int) -> None:
    def answer(handler, request):
        body = json.loads(request.body)
        rows = [
            {"index": number, "embedding": base64.b64encode(_vector(body["model"], text).tobytes()).decode()}
            for number, text in enumerate(body["input"])
        ]
        server.requests.clear()
        reply(handler, json.dumps({"data": rows}).encode())

    with serving(answer) as server:
        os.write(writing, f"{server.port}\n".encode())
        threading.Event().wait()


def _text(number: int) -> str:
    return f"Passage {number} tells of otter {number % 977} and heron {number % 1009} in pond {number % 31}."


def _dataset(size: int, url: str) -> str:
    from django.db import connection

    from documents.models import Document
    from documents.vectors import TitledEmbedder
    from knowledgebases import indexing
    from knowledgebases.engines.pgvector import EXACT_DENSE
    from knowledgebases.lexical import statistics as terms
    from knowledgebases.models import Chunk, EmbeddingSpace, chunk_id
    from system.models import ModelEndpoint
    from tests.factories import DocumentFactory, KnowledgebaseFactory, UserFactory

    owner = UserFactory()
    for name, dimension in DIMENSIONS.items():
        ModelEndpoint.objects.create(
            tenant=owner.tenant, provider=PROVIDER, name=name, base_url=url, dimension=dimension
        )
    kb = KnowledgebaseFactory(owner=owner, embd_id=f"small@{PROVIDER}")
    from knowledgebases.embedding import embedder_for

    embedder = embedder_for(kb)
    space: EmbeddingSpace = indexing.space_of(embedder)
    config = {"filename_embd_weight": 0}
    documents = [DocumentFactory(kb=kb, parser_config=config) for _ in range(-(-size // PER_DOCUMENT))]
    Document.objects.filter(kb=kb).update(run="3", progress=1, gen=1, published_gen=1)
    for start in range(0, size, BATCH):
        chunks = []
        for number in range(start, min(start + BATCH, size)):
            document, text = documents[number // PER_DOCUMENT], _text(number)
            digest = TitledEmbedder(embedder, document).digest(text)
            key = chunk_id(document.pk, text)
            chunks.append(
                Chunk(id=key, document=document, kb=kb, gen=1, seq=number, content=text, tokens=12, digest=digest)
            )
        Chunk.objects.bulk_create(chunks)
        entries = [indexing.Entry(chunk, _vector("small", chunk.content)) for chunk in chunks]
        indexing.index_chunks(kb, entries, space=space)
    terms.settle()
    if size > EXACT_DENSE:
        indexing.ensure_dense_index(space)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return kb.pk


class _Load:
    """Threads that ask for passages all the time."""

    def __init__(self, kb_id: str, size: int) -> None:
        self._kb_id = kb_id
        self._size = size
        self._phase = ""
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=[number]) for number in range(THREADS)]
        self._times: dict[str, list[float]] = defaultdict(list)
        self._counts: dict[tuple[str, str], int] = defaultdict(int)
        self.wrong: list[str] = []

    def __enter__(self) -> "_Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def during(self, phase: str, deed: Callable[[], str | None]) -> str | None:
        """Do something; what is asked meanwhile counts for this phase."""
        self._phase = phase
        return deed()

    def figures(self, phase: str) -> list[str]:
        """The columns of the table."""
        times = sorted(self._times[phase])
        p95 = times[int(0.95 * len(times))]
        failed, mixed = self._counts[phase, "failed"], self._counts[phase, "mixed"]
        return [str(len(times)), str(failed), str(mixed), f"{statistics.median(times):.0f} ms", f"{p95:.0f} ms"]

    def _ask(self, seed: int) -> None:
        from django.db import connections

        random = np.random.default_rng(seed)
        while not self._stop.is_set():
            phase, text = self._phase, _text(int(random.integers(self._size)))
            try:
                self._look(phase, text)
            except Exception as error:
                self._counts[phase, "failed"] += 1
                self.wrong.append(repr(error))
            time.sleep(PAUSE)
        connections.close_all()

    def _look(self, phase: str, text: str) -> None:
        from knowledgebases.models import Knowledgebase
        from knowledgebases.retrieval import Options, retrieve

        kb = Knowledgebase.objects.select_related("space", "tenant").get(pk=self._kb_id)
        answer = retrieve([kb], text, Options(weight=0.9, threshold=0.0, page_size=10))
        self._times[phase].append(answer.timings["search"])
        model = kb.embd_id.split("@")[0]
        cosines = [(one.hit.cosine, _vector(model, text) @ _vector(model, one.hit.content)) for one in answer.hits]
        if any(found is None or abs(found - real) > 0.01 for found, real in cosines):
            self._counts[phase, "mixed"] += 1
            self.wrong.append(f"{model}: {text}: {cosines}")
        if answer.degraded or not answer.hits or answer.hits[0].hit.content != text:
            self._counts[phase, "failed"] += 1
            self.wrong.append(f"{model}: {text} was not found. {answer.degraded}")


def _there(kb_id: str, size: int) -> str:
    """To the other model, with a worker that is killed in the middle."""
    from documents import reindexing
    from documents.models import Goal, Reindex
    from documents.reindexing import dense
    from knowledgebases.models import Knowledgebase

    began = time.perf_counter()
    job = reindexing.start(Knowledgebase.objects.get(pk=kb_id), model=f"large@{PROVIDER}", goal=Goal.SWITCH)
    worker = _worker()
    while Reindex.objects.get(pk=job.pk).done < size // 2:
        time.sleep(0.05)
    os.kill(worker, signal.SIGKILL)
    os.waitpid(worker, 0)
    kept = Reindex.objects.get(pk=job.pk).done
    time.sleep(0.2)
    Reindex.objects.filter(pk=job.pk).update(lease_until="2000-01-01T00:00Z")  # not the lease is measured
    worker = _worker()
    os.waitpid(worker, 0)
    seconds = time.perf_counter() - began
    job.refresh_from_db()
    return (
        f"{job.state} after {seconds:.0f} s, {size / seconds:,.0f} rows/s; killed with {kept:,} rows there, which cost "
        f"at most {dense.BATCH}; {job.sampled} samples, cosine >= {job.least_cosine:.4f}"
    )


def _back(kb_id: str) -> str:
    from documents import reindexing
    from documents.models import Reindex

    began = time.perf_counter()
    job = reindexing.rollback(Reindex.objects.get(kb=kb_id))
    os.waitpid(_worker(), 0)
    job.refresh_from_db()
    return f"{job.state} after {time.perf_counter() - began:.1f} s"


def _worker() -> int:
    """A process that reindexes until nothing is left; its id."""
    from django.db import connections

    connections.close_all()
    if pid := os.fork():
        return pid
    from documents import reindexing

    try:
        while reindexing.advance():
            pass
    finally:
        os._exit(0)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ragsite.settings.test")
    import django

    django.setup()
    main(*map(int, sys.argv[1:2]))
