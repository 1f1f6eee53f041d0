"""Vectors that were paid for and never published: kept from a try that failed for the next one of its document."""

from collections.abc import Collection
from datetime import datetime

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q

from documents.models import Document, Run, Stage, Task
from knowledgebases.models import EmbeddingSpace

# Hops over the tasks that have staged anything by the index: they are few, what they staged is not.
_HOLDERS = """
WITH RECURSIVE holder(id) AS (
  (SELECT task_id FROM rag_stage ORDER BY task_id LIMIT 1)
  UNION ALL
  SELECT (SELECT task_id FROM rag_stage WHERE task_id > holder.id ORDER BY task_id LIMIT 1)
  FROM holder WHERE holder.id IS NOT NULL)
SELECT id FROM holder WHERE id IS NOT NULL
"""


def keep(documents: Collection[Document] | Collection[str]) -> None:
    """Of what earlier tries at locked documents staged, keep each vector once, and nothing else.

    To be called while nobody stages for them. What is kept goes when the document is published, canceled or deleted, or
    after some days (`sweeping`).
    """
    later = Stage.objects.filter(
        task__document=OuterRef("task__document"),
        digest=OuterRef("digest"),
        embedding__isnull=False,
        pk__gt=OuterRef("pk"),
    )
    staged = Stage.objects.filter(task__document__in=documents)
    staged.filter(Q(embedding=None) | Exists(later)).delete()


def vectors(task: Task, digests: Collection[str], *, space: EmbeddingSpace) -> dict[str, list[float]]:
    """Vectors in `space` by digest, those that are wanted, of earlier generations of the document, never published."""
    earlier = Task.objects.filter(document=task.document_id, gen__lt=task.gen, space=space)
    rows = Stage.objects.filter(task__in=earlier, digest__in=digests, embedding__isnull=False)
    found = rows.values_list("digest", "embedding")
    return {digest: embedding for digest, embedding in found if embedding is not None}


def forget(documents: Collection[Document] | Collection[str]) -> None:
    """Drop all that was staged for documents."""
    Stage.objects.filter(task__document__in=documents).delete()


def forget_old(*, before: datetime, most: int) -> int:
    """Drop what was staged by tasks that ended `before` and are not of a generation at work; returns of how many."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLDERS)
        holders = [pk for (pk,) in cursor.fetchall()]
    old = Task.objects.filter(pk__in=holders, finished_at__lt=before)
    ids = list(old.exclude(document__run=Run.RUNNING, gen=F("document__gen")).values_list("pk", flat=True)[:most])
    Stage.objects.filter(task__in=ids).delete()
    return len(ids)
