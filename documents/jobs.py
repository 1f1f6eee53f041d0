"""What RQ carries: wake-ups. Tasks are rows; nothing in Redis is ever needed to be right."""

import logging
import time

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from documents import ingestion, progress, publishing
from documents.leases import Lease, LeaseLost
from documents.models import Task
from documents.sandbox import Sandbox
from knowledgebases import indexing
from knowledgebases.engines.pgvector import EXACT_DENSE
from knowledgebases.lexical import statistics
from system.workers import worker_name

log = logging.getLogger(__name__)


def wake() -> None:
    """Claim and run tasks until none is left, or RAG_WAKE_SECONDS are over; RQ may deliver this any number of times."""
    until = time.monotonic() + settings.RAG_WAKE_SECONDS
    owner = worker_name()
    with Sandbox(limits=ingestion.parser_limits()) as sandbox:
        while time.monotonic() < until:
            task = Task.objects.claim(owner=owner, lease_seconds=settings.RAG_LEASE_SECONDS)
            if task is None:
                break
            run(task, sandbox)
    tidy()


def tidy() -> None:
    """What is best done once after a run of publishing: merge fresh terms, index the spaces that outgrew a scan."""
    try:
        statistics.settle()
        for space in indexing.outgrown_spaces(EXACT_DENSE):
            indexing.ensure_dense_index(space)
    except OperationalError as error:
        log.warning("the search index was not tidied, the next wake will do it: %s", error)
        connection.close()


def run(task: Task, sandbox: Sandbox) -> None:
    """Work on a claimed task to its end, whatever that is."""
    try:
        with Lease(task, on_lost=sandbox.kill) as lease:
            ingestion.run(task, lease, sandbox)
            publishing.publish(task)
    except LeaseLost:
        log.info("task %s was canceled or taken over", task.pk)
    except (OperationalError, InterfaceError) as error:
        # The database is the truth: without it nothing can be said of the task. Its lease runs out and it is queued
        # again, which counts against the machine.
        log.warning("task %s: the database is not available: %s", task.pk, error)
        connection.close()
    except Exception as error:
        if not isinstance(error, ingestion.EXPECTED):
            log.exception("task %s", task.pk)
        _end(task, error)


def _end(task: Task, error: Exception) -> None:
    try:
        progress.fail_or_retry(task, error)
    except LeaseLost:
        log.info("task %s was canceled or taken over", task.pk)
    except (OperationalError, InterfaceError) as failure:
        log.warning("task %s: the database is not available: %s", task.pk, failure)
        connection.close()
