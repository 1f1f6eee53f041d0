"""The transaction that makes finished work visible."""

from collections import Counter
from pathlib import PurePath
from typing import Any

import numpy as np
from django.db.models import QuerySet
from django.utils import timezone

from documents.leases import LeaseLost
from documents.models import Blob, BlobState, DeletedChunk, Document, Stage, Task, TaskState
from documents.progress import derive, line, locked
from knowledgebases import indexing
from knowledgebases.embedders.base import Vectors
from knowledgebases.models import Chunk, EmbeddingSpace, chunk_id
from system.errors import Misconfigured
from system.transactions import retried

BATCH = 500

# Columns of a chunk that a new generation may change while the passage, and so its id and embedding, stays the same.
_MOVING = [
    *("gen", "part", "seq", "kind", "headings", "positions", "spans", "page", "top", "tokens", "digest"),
    "created_at",
]


@retried
def publish(task: Task) -> None:
    """Mark `task` done; with the last task of its generation, switch the document over to that generation.

    One transaction that rolls back where the task is not ours any more, the document is gone, or a newer generation
    was begun: raises LeaseLost then. A second call for the same task changes nothing.
    """
    document = locked(task.document_id, gen=task.gen)
    mine = Task.objects.filter(pk=task.pk, fence=task.fence, state=TaskState.RUNNING)
    done = line("Task done")
    if document is None or not mine.update(
        state=TaskState.DONE, progress=1, message=done, lease_until=None, finished_at=timezone.now()
    ):
        raise LeaseLost(str(task))
    siblings = Task.objects.filter(document=document, gen=document.gen)
    if siblings.exclude(state=TaskState.DONE).exists():
        derive(document)
        return
    document.published_recipe = _recipe(siblings)
    count = _switch(document, _space(siblings))
    Blob.objects.filter(pk=document.blob_id).exclude(state=BlobState.LIVE).mark(BlobState.LIVE)
    derive(document, f"{count} chunks. Task done")


def _space(tasks: QuerySet[Task]) -> EmbeddingSpace | None:
    """The one embedding space of the staged vectors; None where nothing was staged."""
    spaces = {task.space for task in tasks.select_related("space") if task.space}
    if len(spaces) > 1:
        raise Misconfigured("The embedding model changed while the document was being parsed. Parse it again.")
    return spaces.pop() if spaces else None


def _recipe(tasks: QuerySet[Task]) -> str:
    """What the staged chunks were made from; empty where that changed between two tasks."""
    recipes = set(tasks.values_list("recipe", flat=True))
    return recipes.pop() if len(recipes) == 1 else ""


def _switch(document: Document, space: EmbeddingSpace | None) -> int:
    """Replace the published generation by the staged one; returns the number of staged chunks that were not deleted."""
    stages = Stage.objects.filter(task__document=document, task__gen=document.gen).order_by("task__part", "seq")
    staged = _identified(document, stages)
    for pk in DeletedChunk.objects.filter(document=document).values_list("chunk_id", flat=True):
        staged.pop(pk, None)
    columns = ("pk", "digest", "by_hand", "available")
    current = {chunk.pk: chunk for chunk in Chunk.objects.filter(document=document).only(*columns)}
    gone = [pk for pk, chunk in current.items() if pk not in staged and not chunk.by_hand]
    fresh = [chunk for pk, (chunk, _) in staged.items() if pk not in current]
    moved = [chunk for pk, (chunk, _) in staged.items() if pk in current and not current[pk].by_hand]
    for chunk in moved:
        chunk.available = current[chunk.pk].available
    changed = fresh + [chunk for chunk in moved if chunk.digest != current[chunk.pk].digest]
    if changed:
        if space is None:
            raise AssertionError(f"{document.pk}: chunks were staged without an embedding space")
        _index(document, [(chunk, staged[chunk.pk][1]) for chunk in changed], space)
    # Chunks after their search rows: with the first of them the counters lock the dataset's row, and it is everybody's.
    for start in range(0, len(gone), BATCH):
        Chunk.objects.filter(pk__in=gone[start : start + BATCH]).delete()
    Chunk.objects.bulk_create(fresh, batch_size=BATCH)
    Chunk.objects.bulk_update(moved, _MOVING, batch_size=BATCH)
    stages.delete()
    document.published_gen = document.gen
    document.save(update_fields=["published_gen", "published_recipe"])
    return len(staged)


def _index(document: Document, embedded: list[tuple[Chunk, Vectors]], space: EmbeddingSpace) -> None:
    title = PurePath(document.name).stem
    for start in range(0, len(embedded), BATCH):
        entries = [indexing.Entry(chunk, vector, title) for chunk, vector in embedded[start : start + BATCH]]
        indexing.index_chunks(document.kb, entries, space=space)


def _identified(document: Document, stages: Any) -> dict[str, tuple[Chunk, Vectors]]:
    """Staged chunks and their vectors by id; a passage that repeats gets an id of its own for each occurrence."""
    seen: Counter[str] = Counter()
    now = timezone.now()  # one time for all: lists show the newest first, then by their place in the text
    staged: dict[str, tuple[Chunk, Vectors]] = {}
    for seq, stage in enumerate(stages.select_related("task").iterator(chunk_size=BATCH)):
        content = stage.chunk["content"]
        key = chunk_id(document.pk, content, seen[content])
        seen[content] += 1
        chunk = Chunk(
            pk=key,
            document=document,
            kb_id=document.kb_id,
            gen=document.gen,
            part=stage.task.part,
            seq=seq,
            digest=stage.digest,
            created_at=now,
            **stage.chunk,
        )
        staged[key] = chunk, np.frombuffer(stage.embedding, dtype="<f4")
    return staged
