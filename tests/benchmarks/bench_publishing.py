"""The transaction that publishes a document: its time, and the memory of the process that runs it, by chunks.

Staged beforehand, as workers do it, with words weighed and made-up vectors; in a database of its own, which goes.
"""

import resource
import time

import numpy as np
import psutil
from rich.console import Console
from rich.table import Table

from tests.benchmarks.scratch import database

CHUNKS = (2_000, 20_000)
BATCH = 256
WORDS = 130  # of a chunk, of a vocabulary with the frequencies of a language (Zipf)
VOCABULARY = 30_000
DIMENSION = 384


def main() -> None:
    """Measure and print."""
    table = Table(title="Publishing")
    for column in ("chunks", "first time (CPU)", "again, 5 % changed (CPU)", "peak memory of the process"):
        table.add_column(column)
    with database():
        for count in CHUNKS:
            document = _document()
            first = _published(document, _texts(count, seed=1))
            again = _published(document, [*_texts(count // 20, seed=2), *_texts(count, seed=1)[count // 20 :]])
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
            table.add_row(f"{count:,}", first, again, f"{peak} MiB")
    Console().print(table)


def _document():
    from tests.factories import DocumentFactory, KnowledgebaseFactory, UserFactory

    return DocumentFactory(kb=KnowledgebaseFactory(owner=UserFactory()))


def _texts(count: int, *, seed: int) -> list[str]:
    random = np.random.default_rng(seed)
    return [" ".join(f"w{word % VOCABULARY}" for word in random.zipf(1.3, WORDS)) for _ in range(count)]


def _published(document, texts: list[str]) -> str:
    """The time that publishing the document with these texts took, and the processor time."""
    from documents import publishing, queueing
    from documents.models import Task
    from knowledgebases.models import EmbeddingSpace

    queueing.start([document.pk])
    task = Task.objects.claim(owner="bench", lease_seconds=3600)
    space, _ = EmbeddingSpace.objects.get_or_create(model_id="made-up", revision="1", dimension=DIMENSION, floor=0.1)
    Task.objects.filter(pk=task.pk).update(space=space)
    length = 0
    for start in range(0, len(texts), BATCH):
        length += _stage(task, document, texts[start : start + BATCH], beside=(start, length))
    began, busy = time.perf_counter(), _busy()
    publishing.publish(task)
    return f"{time.perf_counter() - began:.2f} s ({_busy() - busy:.2f} s)"


def _busy() -> float:
    """Seconds of processor time that this process and its PostgreSQL backend have used."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = psutil.Process(cursor.fetchone()[0]).cpu_times()
    return time.process_time() + backend.user + backend.system


def _stage(task, document, texts: list[str], *, beside: tuple[int, int]) -> int:
    """Stage texts after so many others, so long together; returns the length of these."""
    from django.db import transaction
    from pgvector import HalfVector

    from documents import staging
    from documents.chunkers.base import Passage

    start = beside[0]
    drafts = [
        staging.draft(document, Passage(text, ((n, n + 1),), WORDS, headings=("A", "B")), seq=start + n)
        for n, text in enumerate(texts)
    ]
    vectors = np.random.default_rng(start).normal(size=(len(texts), DIMENSION))
    words = staging.weigh(document, drafts, beside=beside)
    with transaction.atomic():
        staging.put(
            task,
            [
                staging.Finished(draft, f"digest of {draft.content}"[:64], HalfVector(vector), one)
                for draft, vector, one in zip(drafts, vectors, words, strict=True)
            ],
        )
    return sum(one.columns.length for one in words)
