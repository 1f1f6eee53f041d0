"""How soon a canceled parse stops, whatever it is at; and canceling, pausing and starting 10,000 documents.

Two workers, processes of their own with parser child and model, work on documents that keep them busy with one step.
Each run cancels one at a random moment of that step: `answered` is until the caller has the answer, `stopped` until the
worker is free for the next task. The target is a p95 of 1 s. The other worker is busy embedding all the while.
"""

import random
import statistics
import time
from collections.abc import Callable
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from tempfile import TemporaryDirectory
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections
from django.db.models import F
from django.test import override_settings
from rich.console import Console
from rich.table import Table

from documents import ingestion, jobs, pausing, queueing, uploads
from documents.models import Document, Run, Stage, Task, TaskState
from documents.sandbox import Sandbox
from knowledgebases import parser_config
from knowledgebases.models import Chunk, Knowledgebase
from tests.factories import DocumentFactory, KnowledgebaseFactory, UserFactory
from tests.flows.test_kill import slow_to_parse

RUNS = 12  # of each step
MANY = 10_000
WORDS = ("otter", "pond", "eats", "fish", "and", "holds", "hands", "while", "it", "sleeps", "on", "its", "back")
STEPS = ("parsing", "embedding short chunks", "embedding long chunks", "publishing")


def main() -> None:
    """Measure and print."""
    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        with TemporaryDirectory() as files, _stored_in(files):
            _deaths()
            _many()
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


@contextmanager
def _stored_in(files: str) -> Any:
    from django.conf import settings

    storages = {**settings.STORAGES, "default": {**settings.STORAGES["default"], "OPTIONS": {"location": files}}}
    with override_settings(STORAGES=storages, RAG_EMBED_THREADS=1, RAG_SCRATCH_DIR=f"{files}/.incoming"):
        yield


def _deaths() -> None:
    kb = KnowledgebaseFactory(owner=UserFactory())
    table = Table(title=f"Canceling what runs, {RUNS} times each (s)")
    for column in ("at", "answered p50", "answered max", "stopped p50", "stopped p95", "stopped max", "came to"):
        table.add_column(column)
    with _worker() as told, _worker(busy=True):
        for step in STEPS:
            runs = [_one(kb, step, told) for _ in range(RUNS)]
            answered, stopped = (sorted(times) for times in zip(*[run[:2] for run in runs], strict=True))
            ends = sorted({Run(run).name for *_, run in runs})
            shown = [statistics.median(answered), answered[-1], statistics.median(stopped)]
            shown += [statistics.quantiles(stopped, n=20, method="inclusive")[18], stopped[-1]]
            table.add_row(step, *[f"{value:.2f}" for value in shown], " or ".join(ends))
    Console().print(table)


def _one(kb: Knowledgebase, step: str, told: Connection) -> tuple[float, float, str]:
    """Cancel a document at a random moment of `step`: seconds to the answer, to the worker's end, and what it is."""
    document = _document(kb, step)
    queueing.start([document.pk])
    told.send(document.pk)
    _wait(lambda: _at(document, step))
    time.sleep(random.uniform(0, 1.0 if step != "publishing" else 0.05))
    began = time.monotonic()
    stopped = queueing.stop([document.pk])
    answered = time.monotonic() - began
    ended = told.recv() - began
    document.refresh_from_db()
    states = set(Task.objects.filter(document=document).values_list("state", flat=True))
    chunks = Chunk.objects.filter(document=document).count()
    assert not Stage.objects.filter(task__document=document).exists()
    if stopped:
        assert (document.run, document.progress, chunks) == (Run.CANCEL, 0, 0)
        assert states <= {TaskState.CANCELED, TaskState.DONE}
    else:
        assert (document.run, states, chunks > 0) == (Run.DONE, {TaskState.DONE}, True)
    return answered, max(ended, 0.0), document.run


def _document(kb: Knowledgebase, step: str) -> Document:
    name, data = f"{time.monotonic_ns()}.txt", b""
    if step == "parsing":
        name, data = name.replace("txt", "docx"), slow_to_parse()
    else:
        data = _text(*{"embedding short chunks": (4000, 30), "embedding long chunks": (60, 1500)}.get(step, (250, 20)))
    document = uploads.add_one(kb, user=kb.created_by, file=SimpleUploadedFile(name, data))
    config = {"chunk_token_num": 2048 if "long" in step else 32}
    Document.objects.filter(pk=document.pk).update(parser_config={**parser_config.default("naive"), **config})
    return document


def _text(paragraphs: int, words: int) -> bytes:
    rng = random.Random(paragraphs)
    return "\n".join(f"Fact {n}: " + " ".join(rng.choices(WORDS, k=words)) for n in range(paragraphs)).encode()


def _at(document: Document, step: str) -> bool:
    tasks = Task.objects.filter(document=document)
    if step == "parsing":
        return tasks.filter(state=TaskState.RUNNING).exists()
    if step == "publishing":  # all is staged, so that a moment later it is published
        return not tasks.exclude(state=TaskState.DONE).exclude(phase="embed", phase_done=F("phase_total")).exists()
    return tasks.filter(state=TaskState.RUNNING, phase="embed").exists()


@contextmanager
def _worker(*, busy: bool = False) -> Any:
    """A worker that works on the document it is told and tells when it was free; a busy one embeds."""
    connections.close_all()
    context = get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=_embed_for_ever if busy else _work, args=[theirs], daemon=True)
    process.start()
    try:
        yield ours
    finally:
        process.kill()
        process.join()


def _work(told: Connection) -> None:
    with Sandbox(limits=ingestion.parser_limits()) as sandbox:
        while True:
            document = told.recv()
            ended = time.monotonic()
            while Task.objects.open().filter(document=document).exists():
                if task := Task.objects.claim(owner="bench", lease_seconds=60):
                    jobs.run(task, sandbox)
                    ended = time.monotonic()
            told.send(ended)


def _embed_for_ever(_: Connection) -> None:
    from knowledgebases.embedders import local_embedder

    while True:
        local_embedder().embed([" ".join(random.choices(WORDS, k=200)) for _ in range(16)])


def _wait(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < until, "the step was not reached"
        time.sleep(0.01)


def _many() -> None:
    kb = KnowledgebaseFactory(owner=UserFactory())
    rows = [DocumentFactory.build(kb=kb, created_by=kb.created_by, name=f"{n}.txt") for n in range(MANY)]
    Document.objects.bulk_create(rows, batch_size=1000)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE rag_document")
    ids = [row.pk for row in rows]
    table = Table(title=f"{MANY:,} documents (s)")
    for column in ("deed", "1st", "2nd", "3rd"):
        table.add_column(column)
    deeds: dict[str, Callable[[], int]] = {
        "start": lambda: queueing.start(ids),
        "pause": lambda: pausing.pause(kb),
        "resume": lambda: pausing.resume(kb),
        "cancel": lambda: queueing.stop(ids),
        "retry": lambda: queueing.retry(ids, canceled=True),
        "cancel again": lambda: queueing.stop(ids),
    }
    times: dict[str, list[float]] = {name: [] for name in deeds}
    for _ in range(3):
        for name, deed in deeds.items():
            began = time.monotonic()
            assert deed() == MANY, name
            times[name].append(time.monotonic() - began)
    for name, found in times.items():
        table.add_row(name, *[f"{value:.2f}" for value in found])
    Console().print(table)
