"""How far a document is read, and the parts that its passages are handed out in."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.functions import Greatest

from documents import recipes, staging
from documents.ingestion import shares
from documents.leases import LeaseLost
from documents.models import Document, Stage, Task, TaskState
from documents.models.log import line
from documents.models.task import EMBED
from documents.parsers.base import Cursor, Window
from documents.progress import PAUSED, derive, locked
from documents.staging import Draft
from documents.waking import send_wakes
from knowledgebases.models import Knowledgebase
from system.transactions import retried

PART = 256
"""Passages of a part, and most of a document that its own task embeds."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far a document is read. What stands before is staged, for its task or for parts."""

    window: Cursor | None = None
    """Where the next window starts."""
    carry: Mapping[str, Any] | None = None
    """What of the text before is no passage yet (`chunkers.flow`)."""
    passages: int = 0
    waiting: int = 0
    """The last passages, which are in no part yet: they are staged for the document's own task."""
    parts: int = 0
    read: int = 0
    """Of `size` pages, rows or bytes."""
    size: int = 0
    ended: bool = False

    @property
    def at_start(self) -> bool:
        """Whether nothing is read yet."""
        return self == Checkpoint()

    def after(self, window: Window, carry: Mapping[str, Any] | None, passages: int) -> "Checkpoint":
        """How far it is read with `window`, which gave so many passages."""
        return replace(
            self,
            window=window.cursor,
            carry=carry,
            passages=self.passages + passages,
            waiting=self.waiting + passages,
            read=window.done,
            size=window.total,
            ended=window.cursor is None,
        )


@retried
def resume(task: Task, document: Document) -> Checkpoint:
    """How far an earlier try has read; nothing where what the chunks are made from has changed since."""
    made_from = recipes.recipe(document)
    if task.cursor is not None and task.recipe == made_from:
        return Checkpoint(**task.cursor)
    if task.cursor is not None:
        _forget(task)
    staging.hold(task)
    Task.objects.filter(pk=task.pk).update(cursor=None, recipe=made_from)
    return Checkpoint()


@retried
def advance(task: Task, drafts: Sequence[Draft], point: Checkpoint) -> Checkpoint:
    """Stage the passages of a window together with how far it is read then; full parts are handed out.

    The document is locked first (lock order: document, task), so that no part comes into a generation that is over.
    """
    full = max(point.waiting - 1, 0) // PART  # up to PART are left to the document's own task
    if full:
        derive(_locked(task))  # notes how far it has come: with more parts, there is more to come
    staging.hold(task)
    staging.put(task, drafts)
    # A try before may have read the file otherwise, and staged more.
    Stage.objects.filter(task=task, seq__gte=point.passages).delete()
    first = point.passages - point.waiting
    for number in range(full):
        _hand_out(task, part=point.parts + number + 1, end=first + (number + 1) * PART)
    point = replace(point, waiting=point.waiting - full * PART, parts=point.parts + full)
    share = shares.parsing(point.read, point.size)
    Task.objects.filter(pk=task.pk).update(cursor=asdict(point), progress=Greatest("progress", share))
    if full:
        transaction.on_commit(partial(send_wakes, full), robust=True)
    return point


def _hand_out(task: Task, *, part: int, end: int) -> None:
    """Make the staged passages up to `end` a part, which goes before documents that nobody has begun."""
    paused = Knowledgebase.objects.filter(pk=task.kb_id).exclude(paused_at=None).exists()
    made = Task.objects.create(
        document_id=task.document_id,
        kb_id=task.kb_id,
        tenant_id=task.tenant_id,
        gen=task.gen,
        part=part,
        kind=EMBED,
        state=TaskState.PAUSED if paused else TaskState.QUEUED,
        priority=task.priority + 1,
        message=line(PAUSED if paused else f"Part {part} is queued: {PART} chunks."),
    )
    Stage.objects.filter(task=task, seq__lt=end).update(task=made)


def _forget(task: Task) -> None:
    """Take the parts back that an earlier try has handed out; a worker that is at one loses its lease."""
    _locked(task)
    staging.hold(task)
    parts = Task.objects.filter(document=task.document_id, gen=task.gen, part__gt=0)
    list(parts.select_for_update().values_list("pk"))  # before what is staged (lock order): a worker may be staging
    Stage.objects.filter(task__document=task.document_id, task__gen=task.gen).delete()
    parts.delete()


def _locked(task: Task) -> Document:
    document = locked(task.document_id, gen=task.gen)
    if document is None:
        raise LeaseLost(str(task))
    return document
