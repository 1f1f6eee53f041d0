"""Beginning a generation of documents, ten thousand as well as one: rows are made of rows, inside the database."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from documents import paid
from documents.models import Document, Run, Task, TaskState
from documents.models.log import line
from documents.progress import PAUSED, QUEUED
from documents.waking import send_wakes

# In the order given, which is that in which they are claimed. One statement, that is one look at whether the datasets
# are paused: between two a dataset could be paused, or resumed.
_QUEUE = """
INSERT INTO rag_task (document_id, kb_id, tenant_id, gen, {names})
SELECT d.id, d.kb_id, k.tenant_id, d.gen, {values}
FROM unnest(%s::varchar[]) WITH ORDINALITY AS wanted(id, place)
JOIN rag_document d ON d.id = wanted.id JOIN rag_knowledgebase k ON k.id = d.kb_id
ORDER BY wanted.place RETURNING state
"""
_OF_DOCUMENT = {"document", "kb", "tenant", "gen"}


def begin(document_ids: Sequence[str], *, priority: int) -> None:
    """A new generation, and its task, of each of the locked documents; those of a paused dataset are held back.

    Nobody may be at them: open tasks were canceled. Wakes are sent once it is committed.
    """
    if not document_ids:
        return
    paid.keep(document_ids)
    queued = line("Task is queued...")
    Document.objects.filter(pk__in=document_ids).update(
        gen=F("gen") + 1,
        run=Run.RUNNING,
        progress=QUEUED,
        progress_msg=queued,
        process_begin_at=timezone.now(),
        process_duration=0,
    )
    count = _queue(
        document_ids,
        going=Task(state=TaskState.QUEUED, priority=priority, message=queued),
        paused=Task(state=TaskState.PAUSED, priority=priority, message=line(PAUSED)),
    )
    if count:
        transaction.on_commit(partial(send_wakes, count), robust=True)


def _queue(document_ids: Sequence[str], *, going: Task, paused: Task) -> int:
    """Insert a task for each document, like `paused` where its dataset is; returns how many are like `going`."""
    columns, choices, values = [], [], []
    for field in Task._meta.concrete_fields:
        if field.name in _OF_DOCUMENT or field.primary_key or field.has_db_default():
            continue
        kind = field.db_type(connection)
        columns.append(f'"{field.column}"')
        choices.append(f"CASE WHEN k.paused_at IS NULL THEN %s::{kind} ELSE %s::{kind} END")
        values += [_prepared(field, going), _prepared(field, paused)]
    statement = _QUEUE.format(names=", ".join(columns), values=", ".join(choices))
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, list(document_ids)])
        return sum(state == going.state for (state,) in cursor.fetchall())


def _prepared(field: Any, task: Task) -> Any:
    return field.get_db_prep_save(field.pre_save(task, add=True), connection=connection)
