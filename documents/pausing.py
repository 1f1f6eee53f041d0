"""Pausing a dataset: what waits or runs is held back, and goes on where it was when the dataset is resumed.

`Knowledgebase.paused_at` is the truth, and the states of the tasks follow it: at once here, and by the sweeper
(`settle`) where the caller died in between, or a task was queued by somebody who did not see the dataset change. So
nothing here locks documents, waits for long, or has to be done in one transaction: tasks that somebody else holds on to
are the sweeper's.
"""

import time
from functools import partial
from typing import Any

from django.db import connection, models, transaction
from django.utils import timezone

from documents.models import Task, TaskState
from documents.models.log import line
from documents.progress import PAUSED
from documents.waking import send_wakes
from knowledgebases.models import Knowledgebase

BATCH = 1000  # tasks of one transaction
TRIES = 10  # to take tasks that are locked, before they are left to the sweeper
PAUSE = 0.05  # seconds between two of them
_GOING = (TaskState.QUEUED, TaskState.RUNNING)

# The fence is cleared: a worker that is at it finds out at its next heartbeat, and can publish nothing. Stages, cursor
# and progress stay.
_HOLD = """
UPDATE rag_task SET state = 'paused', fence = 0, owner = '', lease_until = NULL, message = %(told)s,
  log = rag_log(log, %(told)s)
WHERE id = ANY (ARRAY(
  SELECT id FROM rag_task WHERE kb_id = %(kb)s AND state IN ('queued', 'running')
    AND EXISTS (SELECT 1 FROM rag_knowledgebase WHERE id = %(kb)s AND paused_at IS NOT NULL)
  ORDER BY id LIMIT %(batch)s FOR UPDATE SKIP LOCKED))
"""
_LET_GO = """
UPDATE rag_task SET state = 'queued', message = %(told)s, log = rag_log(log, %(told)s)
WHERE id = ANY (ARRAY(
  SELECT id FROM rag_task WHERE kb_id = %(kb)s AND state = 'paused'
    AND EXISTS (SELECT 1 FROM rag_knowledgebase WHERE id = %(kb)s AND paused_at IS NULL)
  ORDER BY id LIMIT %(batch)s FOR UPDATE SKIP LOCKED))
"""


def pause(kb: Knowledgebase) -> int:
    """Hold a dataset's ingestion back; returns how many tasks that concerns now. May be called again.

    What is being published at this moment is still finished. Documents that are started from now on wait.
    """
    Knowledgebase.objects.live().filter(pk=kb.pk, paused_at=None).update(paused_at=timezone.now())
    kb.refresh_from_db(fields=["paused_at"])
    return _hold(kb.pk, tries=TRIES)


def resume(kb: Knowledgebase) -> int:
    """Let a dataset's ingestion go on; returns how many tasks were queued again. May be called again."""
    Knowledgebase.objects.filter(pk=kb.pk).exclude(paused_at=None).update(paused_at=None)
    kb.refresh_from_db(fields=["paused_at"])
    return _let_go(kb.pk, tries=TRIES)


def settle() -> int:
    """Make the tasks of all datasets follow; returns how many did not."""
    astray = Task.objects.filter(state__in=_GOING, kb__paused_at__isnull=False)
    left_behind = Task.objects.filter(state=TaskState.PAUSED, kb__paused_at=None)
    held = sum(_hold(kb_id, tries=1) for kb_id in _datasets(astray))
    return held + sum(_let_go(kb_id, tries=1) for kb_id in _datasets(left_behind))


def _datasets(tasks: models.QuerySet[Task]) -> list[str]:
    return list(tasks.order_by().values_list("kb_id", flat=True).distinct())


def _hold(kb_id: str, *, tries: int) -> int:
    going = Task.objects.filter(kb=kb_id, state__in=_GOING)
    return _moved(going, _HOLD, {"kb": kb_id, "told": line(PAUSED), "batch": BATCH}, tries=tries)


def _let_go(kb_id: str, *, tries: int) -> int:
    held = Task.objects.filter(kb=kb_id, state=TaskState.PAUSED)
    told = line("The dataset was resumed; queued again.")
    count = _moved(held, _LET_GO, {"kb": kb_id, "told": told, "batch": BATCH}, tries=tries)
    if count:
        transaction.on_commit(partial(send_wakes, count), robust=True)
    return count


def _moved(tasks: models.QuerySet[Task], statement: str, values: dict[str, Any], *, tries: int) -> int:
    """Run `statement` until none of `tasks` is left, or those that are stay locked; returns how many it moved."""
    moved = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)
            count = int(cursor.rowcount)
        moved += count
        if count < BATCH:
            tries -= 1
            if tries <= 0 or not tasks.exists():
                return moved
            time.sleep(PAUSE)  # for a heartbeat or a claim to end
