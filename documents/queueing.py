"""Starting and stopping the ingestion of documents."""

import time
from collections.abc import Collection, Sequence
from functools import partial

from django.db import transaction
from django.utils import timezone

from documents import batches, recipes
from documents.models import DeletedChunk, Document, Run, Stage, Task, TaskState
from documents.progress import QUEUED, line
from documents.waking import send_wakes
from knowledgebases.models import Chunk
from system.transactions import retried

REUSED = "Reused previous task's chunks."


@retried
def start(document_ids: Collection[str]) -> int:
    """Begin a new generation of each living document and queue its task; returns how many were started.

    What is published stays searchable until the new generation is complete. Work on an earlier generation is
    canceled. May be called again: each call begins a generation.
    """
    documents = _locked(document_ids)
    cancel_open(documents)
    _begin(documents)
    return len(documents)


def run(document_ids: Sequence[str], *, delete: bool = False) -> None:
    """Have living documents parsed; one that is done, from what it would be made from now, is done again at once.

    What people did by hand stays: deleted chunks stay deleted, edited and added ones stay. With `delete` nothing stays,
    and nothing is searchable until the new generation is complete. May be called again, and while work is under way.
    """
    for batch in batches.of_living(document_ids):
        if delete:
            _start_afresh(batch)
        else:
            _start_or_reuse(batch)


@retried
def _start_afresh(document_ids: Collection[str]) -> None:
    documents = _locked(document_ids)
    cancel_open(documents)  # waits for what a worker is just staging, which would else hold on to its task
    Task.objects.filter(document__in=documents).delete()
    Chunk.objects.filter(document__in=documents).delete()
    DeletedChunk.objects.filter(document__in=documents).delete()
    Document.objects.filter(pk__in=[document.pk for document in documents]).update(published_gen=0, published_recipe="")
    _begin(documents)


@retried
def _start_or_reuse(document_ids: Collection[str]) -> None:
    documents = _locked(document_ids)
    done: list[Document] = []
    changed: list[Document] = []
    for document in documents:
        (done if recipes.unchanged(document) else changed).append(document)
    cancel_open(changed)
    _begin(changed)
    _reuse(done)


def _reuse(documents: list[Document]) -> None:
    """Tell of locked documents that are done that they are done again; their tasks and chunks stay as they are."""
    now, begun = timezone.now(), time.perf_counter()
    for document in documents:
        texts = ["Task is queued...", REUSED, f"{document.chunk_num} chunks. Task done"]
        document.progress_msg = "\n".join(map(line, texts))
        document.process_begin_at, document.process_duration = now, time.perf_counter() - begun
    Document.objects.bulk_update(documents, ["progress_msg", "process_begin_at", "process_duration"], batch_size=500)


@retried
def start_idle(document_ids: Sequence[str]) -> str | None:
    """Start living documents in the order given, up to the first that is being processed; returns the id of that one.

    Always parses anew, and chunks that people deleted come back. Two callers at the same time cannot start a document
    twice: the second finds it being processed.
    """
    rows = {document.pk: document for document in _locked(document_ids)}
    open_ids = set(Task.objects.open().filter(document__in=rows).values_list("document_id", flat=True))
    busy = next((pk for pk in document_ids if pk in open_ids), None)
    ahead = document_ids if busy is None else document_ids[: document_ids.index(busy)]
    idle = [rows[pk] for pk in dict.fromkeys(ahead) if pk in rows]
    DeletedChunk.objects.filter(document__in=idle).delete()
    _begin(idle)
    return busy


def _begin(documents: list[Document]) -> None:
    """A new generation and its task for each of the locked documents."""
    now = timezone.now()
    for document in documents:
        document.gen += 1
        document.run, document.progress = Run.RUNNING, QUEUED
        document.progress_msg = line("Task is queued...")
        document.process_begin_at, document.process_duration = now, 0
    Document.objects.bulk_update(
        documents,
        ["gen", "run", "progress", "progress_msg", "process_begin_at", "process_duration"],
        batch_size=500,
    )
    Task.objects.bulk_create(
        [
            Task(
                document=document,
                kb_id=document.kb_id,
                tenant_id=document.kb.tenant_id,
                gen=document.gen,
                message=document.progress_msg,
            )
            for document in documents
        ],
        batch_size=500,
    )
    if documents:
        transaction.on_commit(partial(send_wakes, len(documents)), robust=True)


@retried
def stop(document_ids: Collection[str], *, failed: bool = False) -> int:
    """Cancel the open tasks of each document and leave it in CANCEL; returns how many documents had any.

    With `failed`, documents that have failed are left in CANCEL and counted too. A worker that is at it finds out at
    its next heartbeat. What was published before stays.
    """
    documents = _locked(document_ids)
    canceled = cancel_open(documents)
    stopped = [one for one in documents if one.pk in canceled or (failed and one.run == Run.FAIL)]
    for document in stopped:
        document.run, document.progress = Run.CANCEL, 0
        document.progress_msg = f"{document.progress_msg}\n{line('Task has been canceled.')}".strip()
    Document.objects.bulk_update(stopped, ["run", "progress", "progress_msg"], batch_size=500)
    return len(stopped)


def cancel_open(documents: list[Document]) -> set[str]:
    """Cancel the open tasks of locked documents; returns the ids of those that had any."""
    tasks = Task.objects.open().filter(document__in=documents)
    owners = set(tasks.values_list("document_id", flat=True))
    if owners:
        tasks.update(state=TaskState.CANCELED, finished_at=timezone.now(), lease_until=None)
        Stage.objects.filter(task__document__in=owners).delete()
    return owners


def _locked(document_ids: Collection[str]) -> list[Document]:
    rows = Document.objects.live().filter(pk__in=document_ids).select_related("kb")
    return list(rows.select_for_update(no_key=True, of=("self",)).order_by("pk"))
