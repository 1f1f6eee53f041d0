"""Starting and stopping the ingestion of documents."""

import time
from collections.abc import Collection, Sequence

from django.db.models import F, QuerySet, TextField, Value
from django.db.models.functions import Concat, Trim
from django.utils import timezone

from documents import batches, generations, paid, quotas, recipes
from documents.models import DeletedChunk, Document, Run, Task, TaskState
from documents.models.claiming import BULK, INTERACTIVE
from documents.models.log import line
from knowledgebases.models import Chunk
from system.transactions import retried

REUSED = "Reused previous task's chunks."


def start(document_ids: Collection[str]) -> int:
    """Begin a new generation of each living document and queue its task; returns how many were started.

    What is published stays searchable until the new generation is complete. Work on an earlier generation is
    canceled. May be called again: each call begins a generation. Transactions are of bounded size. Where the tenant's
    queue has not room for all, raises what `quotas.queueing` does, with none started.
    """
    with quotas.queueing(document_ids):
        return sum(_start(batch, _priority(document_ids)) for batch in batches.of_ids(document_ids))


@retried
def _start(document_ids: Sequence[str], priority: int) -> int:
    living = set(_runs(document_ids))
    _cancel_tasks(living)
    generations.begin([pk for pk in document_ids if pk in living], priority=priority)
    return len(living)


def retry(document_ids: Collection[str], *, canceled: bool = False) -> int:
    """Start those living documents anew that have failed, with `canceled` those that were stopped, too.

    Returns how many there were. Embeddings that the failed try paid for are taken over. May be called again: a document
    that was started has not failed any more.
    """
    known = set(
        Document.objects.unsuccessful(canceled=canceled).filter(pk__in=document_ids).values_list("pk", flat=True)
    )
    wanted = [pk for pk in document_ids if pk in known]
    with quotas.queueing(wanted):
        return sum(_retry(batch, canceled, _priority(wanted)) for batch in batches.of_ids(wanted))


@retried
def _retry(document_ids: Sequence[str], canceled: bool, priority: int) -> int:
    ends = {Run.FAIL, Run.CANCEL} if canceled else {Run.FAIL}
    runs = _runs(document_ids)
    again = [pk for pk in document_ids if runs.get(pk) in ends]
    generations.begin(again, priority=priority)
    return len(again)


def run(document_ids: Sequence[str], *, delete: bool = False) -> None:
    """Have living documents parsed; one that is done, from what it would be made from now, is done again at once.

    What people did by hand stays: deleted chunks stay deleted, edited and added ones stay. With `delete` nothing stays,
    and nothing is searchable until the new generation is complete. May be called again, and while work is under way.
    """
    with quotas.queueing(document_ids):
        for batch in batches.of_living(document_ids):
            if delete:
                _start_afresh(batch, _priority(document_ids))
            else:
                _start_or_reuse(batch, _priority(document_ids))


@retried
def _start_afresh(document_ids: Collection[str], priority: int) -> None:
    documents = list(_locked(document_ids))
    _cancel_tasks(documents)  # waits for what a worker is just staging, which would else hold on to its task
    batches.allow(sum(document.chunk_num for document in documents))
    Task.objects.filter(document__in=documents).delete()
    Chunk.objects.filter(document__in=documents).delete()
    DeletedChunk.objects.filter(document__in=documents).delete()
    Document.objects.filter(pk__in=[document.pk for document in documents]).update(published_gen=0, published_recipe="")
    generations.begin([document.pk for document in documents], priority=priority)


@retried
def _start_or_reuse(document_ids: Collection[str], priority: int) -> None:
    documents = _locked(document_ids)
    done: list[Document] = []
    changed: list[Document] = []
    for document in documents:
        (done if recipes.unchanged(document) else changed).append(document)
    _cancel_tasks(changed)
    generations.begin([document.pk for document in changed], priority=priority)
    _reuse(done)


def _reuse(documents: list[Document]) -> None:
    """Tell of locked documents that are done that they are done again; their tasks and chunks stay as they are."""
    now, begun = timezone.now(), time.perf_counter()
    for document in documents:
        texts = ["Task is queued...", REUSED, f"{document.chunk_num} chunks. Task done"]
        document.progress_msg = "\n".join(map(line, texts))
        document.process_begin_at, document.process_duration = now, time.perf_counter() - begun
    Document.objects.bulk_update(documents, ["progress_msg", "process_begin_at", "process_duration"], batch_size=500)


def start_idle(document_ids: Sequence[str]) -> str | None:
    """Start living documents in the order given, up to the first that is being processed; returns the id of that one.

    Always parses anew, and chunks that people deleted come back. Two callers at the same time cannot start a document
    twice: the second finds it being processed.
    """
    with quotas.queueing(document_ids):
        priority = _priority(document_ids)
        started = (_start_idle(batch, priority) for batch in batches.of_ids(document_ids))
        return next((busy for busy in started if busy), None)


@retried
def _start_idle(document_ids: Sequence[str], priority: int) -> str | None:
    living = _runs(document_ids)
    open_ids = set(Task.objects.open().filter(document__in=list(living)).values_list("document_id", flat=True))
    busy = next((pk for pk in document_ids if pk in open_ids), None)
    ahead = document_ids if busy is None else document_ids[: document_ids.index(busy)]
    idle = [pk for pk in ahead if pk in living]
    DeletedChunk.objects.filter(document__in=idle).delete()
    generations.begin(idle, priority=priority)
    return busy


def _priority(document_ids: Collection[str]) -> int:
    """A single document is what somebody waits for; many are work for the background."""
    return INTERACTIVE if len(document_ids) == 1 else BULK


def stop(document_ids: Collection[str], *, failed: bool = False) -> int:
    """Cancel the open tasks of each document and leave it in CANCEL; returns how many documents had any.

    With `failed`, documents that have failed are left in CANCEL and counted too. A worker that is at it finds out at
    its next heartbeat. What was published before stays. Transactions are of bounded size.
    """
    return sum(_stop(batch, failed=failed) for batch in batches.of_ids(document_ids))


@retried
def _stop(document_ids: Collection[str], *, failed: bool) -> int:
    runs = _runs(document_ids)
    stopped = _cancel_tasks(list(runs)) | {pk for pk, run in runs.items() if failed and run == Run.FAIL}
    paid.forget(stopped)
    told = Concat(F("progress_msg"), Value("\n"), Value(line("Task has been canceled.")))
    Document.objects.filter(pk__in=stopped).update(
        run=Run.CANCEL, progress=0, progress_msg=Trim(told, output_field=TextField())
    )
    return len(stopped)


def cancel_open(documents: Collection[Document] | Collection[str]) -> set[str]:
    """Cancel the open tasks of locked documents, and drop what was staged; returns the ids of those that had any."""
    owners = _cancel_tasks(documents)
    paid.forget(documents)
    return owners


def _cancel_tasks(documents: Collection[Document] | Collection[str]) -> set[str]:
    tasks = Task.objects.open().filter(document__in=documents)
    owners = set(tasks.values_list("document_id", flat=True))
    if owners:
        tasks.update(state=TaskState.CANCELED, finished_at=timezone.now(), lease_until=None)
    return owners


def _locked(document_ids: Collection[str]) -> QuerySet[Document]:
    rows = Document.objects.live().filter(pk__in=document_ids).select_related("kb")
    return rows.select_for_update(no_key=True, of=("self",)).order_by("pk")


def _runs(document_ids: Collection[str]) -> dict[str, str]:
    """How far living documents have come, by id; their rows are locked, and nothing else of them is read."""
    return dict(_locked(document_ids).select_related(None).values_list("pk", "run"))
