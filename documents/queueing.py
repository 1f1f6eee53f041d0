"""Starting and stopping the ingestion of documents."""

from collections.abc import Collection, Sequence
from functools import partial

from django.db import transaction
from django.utils import timezone

from documents.models import Document, Run, Stage, Task, TaskState
from documents.progress import QUEUED, line
from documents.waking import send_wakes
from system.transactions import retried


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


@retried
def start_idle(document_ids: Sequence[str]) -> str | None:
    """Start living documents in the order given, up to the first that is being processed; returns the id of that one.

    Two callers at the same time cannot start a document twice: the second finds it being processed.
    """
    rows = {document.pk: document for document in _locked(document_ids)}
    open_ids = set(Task.objects.open().filter(document__in=rows).values_list("document_id", flat=True))
    busy = next((pk for pk in document_ids if pk in open_ids), None)
    ahead = document_ids if busy is None else document_ids[: document_ids.index(busy)]
    _begin([rows[pk] for pk in dict.fromkeys(ahead) if pk in rows])
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
def stop(document_ids: Collection[str]) -> int:
    """Cancel the open tasks of each document and leave it in CANCEL; returns how many documents had any.

    A worker that is at it finds out at its next heartbeat. What was published before stays.
    """
    documents = _locked(document_ids)
    canceled = cancel_open(documents)
    stopped = [document for document in documents if document.pk in canceled]
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
