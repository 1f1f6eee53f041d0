"""What RQ carries: wake-ups. Tasks are rows; nothing in Redis is ever needed to be right."""

import logging
import signal
import threading
import time

from django.conf import settings
from django.db import connection

from documents import ingestion, progress, publishing, reindexing
from documents.leases import Lease, LeaseLost, Stopped
from documents.models import Task, TaskState
from documents.models.claiming import QUARANTINE
from documents.reindexing.working import OVERDUE
from documents.sandbox import Sandbox
from knowledgebases import indexing
from knowledgebases.embedders.interrupting import interruptible
from knowledgebases.engines.pgvector import EXACT_DENSE
from knowledgebases.lexical import statistics
from system.transactions import OUTAGE
from system.workers import at_work, worker_name

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.2  # a claim takes some milliseconds


def wake() -> None:
    """Claim and run tasks until none is left, or RAG_WAKE_SECONDS are over; RQ may deliver this any number of times.

    Datasets are reindexed while no task waits; one that has waited for long gets a batch between two tasks. On SIGTERM
    the task under way is handed back, and the wake ends.
    """
    look = time.monotonic()
    until = look + settings.RAG_WAKE_SECONDS
    stopping = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    try:
        with Sandbox(limits=ingestion.parser_limits()) as sandbox:
            while time.monotonic() < until and not stopping.is_set():
                if time.monotonic() >= look:
                    reindexing.advance(stopping, overdue=True)
                    look = time.monotonic() + OVERDUE
                    continue
                task = _next()
                if task is None:
                    if reindexing.advance(stopping):
                        continue
                    tidy()
                    break
                at_work(str(task.pk))
                run(task, sandbox, stopping=stopping)
    except OUTAGE as error:
        log.warning("the database is not available, the sweeper will wake us again: %s", error)
        connection.close()
    finally:
        signal.signal(signal.SIGTERM, before)


def _next() -> Task | None:
    """The next task, running under our lease; one of the quarantine only where nothing runs beside it."""
    task = Task.objects.claim(owner=worker_name(), lease_seconds=settings.RAG_LEASE_SECONDS)
    if task is None or not task.quarantined or _alone(task):
        return task
    progress.release(task, "In quarantine: not alone yet, queued again.")
    return None


def _alone(task: Task) -> bool:
    """Whether a task of the quarantine has the site to itself.

    A claim that was under way at the same moment has not seen it: it shows after a moment. Of two of the quarantine the
    older stays.
    """
    time.sleep(LOOK_SECONDS)
    others = Task.objects.filter(state=TaskState.RUNNING).exclude(pk=task.pk)
    return not others.exclude(pk__gt=task.pk, lost__gte=QUARANTINE).exists()


def tidy() -> None:
    """What is best done once after a run of publishing: merge fresh terms, index the spaces that outgrew a scan."""
    statistics.settle()
    for space in indexing.outgrown_spaces(EXACT_DENSE):
        indexing.ensure_dense_index(space)


def run(task: Task, sandbox: Sandbox, *, stopping: threading.Event | None = None) -> None:
    """Work on a claimed task to its end, whatever that is."""
    try:
        _end(task, _work(task, sandbox, stopping))
    except LeaseLost:
        log.info("task %s was canceled, paused or taken over", task.pk)
    except OUTAGE as error:
        # The database is the truth: without it nothing can be said of the task. Its lease runs out and it is queued
        # again, which counts against the machine.
        log.warning("task %s: the database is not available: %s", task.pk, error)
        connection.close()


def _work(task: Task, sandbox: Sandbox, stopping: threading.Event | None) -> Exception | None:
    """Ingest and publish; returns what kept the task from its end, if anything did."""
    try:
        with Lease(task, on_lost=sandbox.kill, stopping=stopping) as lease, interruptible(lease.check):
            ingestion.run(task, lease, sandbox)
        publishing.publish(task)  # guarded by the fence alone: a beat would wait for its row lock
    except (LeaseLost, *OUTAGE):
        raise
    except Exception as error:
        if not isinstance(error, (*ingestion.EXPECTED, Stopped)):
            log.exception("task %s", task.pk)
        return error
    return None


def _end(task: Task, error: Exception | None) -> None:
    if isinstance(error, Stopped):
        progress.release(task)
    elif error is not None:
        progress.fail_or_retry(task, error)
