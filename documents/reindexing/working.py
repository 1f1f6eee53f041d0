"""What a worker does for reindexes when no document waits: batch after batch, then the change-over."""

import logging
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from documents.leases import Lease, LeaseLost, Stopped
from documents.models import Goal, Reindex, ReindexState, Task, TaskState
from documents.reindexing.base import Part, hold
from documents.reindexing.dense import Dense
from documents.reindexing.lexical import Lexical
from documents.reindexing.turning import turn
from knowledgebases.embedders.interrupting import interruptible
from knowledgebases.embedders.replies import retry_after
from knowledgebases.models import Knowledgebase
from system.errors import Conflict, RagError, Suspended, Unavailable
from system.transactions import OUTAGE, retried
from system.workers import worker_name

log = logging.getLogger(__name__)

OVERDUE = 60.0  # seconds: a reindex that nobody worked on for so long gets a batch before the documents that wait
WAITS = 10  # tries in a row while the model is not available
LOST = 10  # claims in a row that came to nothing: it takes its worker down
FAULTS, FAULT_SECONDS = 3, 5.0  # tries in a row that end in a bug, and the seconds between them
BUG = "An unexpected error; the log of the worker tells more."
LONGEST_PAUSE = 300.0  # seconds between two tries, unless the other side asks for more
TURN_SECONDS = 1.0  # until the next try to change over, where somebody was just publishing
IDLE_SECONDS = 0.5  # after a batch of which all was just being changed
STUCK = 480  # such batches in a row: nobody changes that for four minutes


class GivesWay(Exception):
    """Documents wait, and go first; or this wake has lasted long enough."""


def advance(stopping: threading.Event | None = None, *, overdue: bool = False) -> bool:
    """Work on a reindex until it has come to its goal, or documents wait; False where there is none to work on.

    With `overdue` it is one that was not worked on for long, and it gets a batch whoever waits. Raises errors of the
    database; the lease runs out then, and whoever claims it next goes on.
    """
    if Task.objects.quarantined().filter(state=TaskState.RUNNING).exists():
        return False  # it runs alone
    idle = OVERDUE if overdue else 0.0
    job = Reindex.objects.claim(owner=worker_name(), lease_seconds=settings.RAG_LEASE_SECONDS, idle_seconds=idle)
    if job is None:
        return False
    try:
        _end(job, _work(job, stopping, most=1 if overdue else None))
    except LeaseLost:
        log.info("reindex %s was paused, ended or taken over", job.pk)
    return True


def _work(job: Reindex, stopping: threading.Event | None, *, most: int | None) -> Exception | None:
    """Build, and change over; returns what kept the reindex from its goal, if anything did."""
    try:
        if job.claims > LOST:
            raise RagError(f"The worker was lost {LOST} times while it built this; the log of the workers tells more.")
        with Lease(job, stopping=stopping) as lease, interruptible(lease.check):
            kb = Knowledgebase.objects.select_related("tenant", "space").get(pk=job.kb_id)
            _go(job, _parts(job, kb), lease, most=most)
    except (LeaseLost, *OUTAGE):
        raise
    except Exception as error:
        if not isinstance(error, RagError | Stopped | GivesWay):
            log.exception("reindex %s", job.pk)
        return error
    return None


def _parts(job: Reindex, kb: Knowledgebase) -> Sequence[Part]:
    dense: Sequence[Part] = [Dense(job, kb)] if job.dense else []
    lexical: Sequence[Part] = [Lexical(job, kb)] if job.lexical else []
    return [*dense, *lexical]


def _go(job: Reindex, parts: Sequence[Part], lease: Lease[Reindex], *, most: int | None) -> None:
    builder = Builder(job, lease, most=most)
    examined = False
    while True:
        _count(job, parts)
        for part in parts:
            builder.build(part)
        if any(part.missing() for part in parts):
            continue
        if not examined:  # once: it takes a while, in which something may come to be missing again
            for part in parts:
                part.examine(lease)
            examined = True
            continue
        if _is_ready(job) or turn(job, parts):
            return
        time.sleep(TURN_SECONDS)
        lease.check()


class Builder:
    """Makes what is missing, and gives way after a batch: to documents, and to another wake after a while."""

    def __init__(self, job: Reindex, lease: Lease[Reindex], *, most: int | None) -> None:
        self._job = job
        self._lease = lease
        self._most = most
        self._until = time.monotonic() + settings.RAG_WAKE_SECONDS
        self._barren = 0
        self.batches = 0

    def build(self, part: Part) -> None:
        """Make what is missing, of the chunks that one look finds. Raises GivesWay, and Conflict where it is stuck."""
        job = self._job
        for batch in part.todo():
            if self.batches and self._is_enough():
                raise GivesWay
            begun = time.monotonic()
            stored = _store(job, part, part.make(batch), begun)
            self.batches += 1
            told = f"Building {part.name}: {job.done:,} of {job.total:,} rows."
            self._lease.report(job.progress, told, phase="build", done=job.done, total=job.total)
            self._barren = 0 if stored else self._barren + 1
            if self._barren == STUCK:
                raise Conflict(f"Some chunks get no {part.name}: run `manage.py fsck --repair`, then resume.")
            if not stored:
                time.sleep(IDLE_SECONDS)

    def _is_enough(self) -> bool:
        return self.batches == self._most or time.monotonic() > self._until or Task.objects.claimable().exists()


@retried
def _store(job: Reindex, part: Part, made: Any, begun: float) -> int:
    """One batch, one transaction, while the reindex is ours."""
    current = hold(job)
    stored = part.put(made)
    rate = stored / max(time.monotonic() - begun, 1e-3)
    Reindex.objects.filter(pk=job.pk).update(
        done=F("done") + stored,
        rate=0.9 * current.rate + 0.1 * rate if current.rate else rate,
        worked_at=Now(),
        claims=0,
        waits=0,
    )
    job.done = current.done + stored
    return stored


@retried
def _count(job: Reindex, parts: Sequence[Part]) -> None:
    """How far it is, by what is there: others write and delete chunks meanwhile."""
    hold(job)
    chunks = Knowledgebase.objects.values_list("chunk_num", flat=True).get(pk=job.kb_id)
    job.total = chunks * len(parts)
    job.done = max(job.total - sum(part.missing() for part in parts), 0)
    Reindex.objects.filter(pk=job.pk).update(done=job.done, total=job.total, worked_at=Now())


@retried
def _is_ready(job: Reindex) -> bool:
    """Leave it to people to change over, unless they have asked for that."""
    current = hold(job)
    job.goal = current.goal
    if current.goal != Goal.READY:
        return False
    current.let_go(ReindexState.READY, "Ready to be switched.", done=F("total"))
    return True


@retried
def _end(job: Reindex, error: Exception | None) -> None:
    """Let go of a reindex that did not come to its goal, until it may."""
    if error is None:
        return
    current = hold(job)
    if isinstance(error, Stopped | GivesWay):
        current.let_go(ReindexState.QUEUED)
    elif isinstance(error, Unavailable) and (pause := _pause(current, error)) is not None:
        told = f"{error.message} Next try in {pause:.0f} s."
        waits = current.waits + (not isinstance(error, Suspended))
        after = timezone.now() + timedelta(seconds=pause)
        current.let_go(ReindexState.QUEUED, told, run_after=after, waits=waits, claims=0)
    elif isinstance(error, RagError):
        current.let_go(ReindexState.FAILED, error.message)
    elif current.claims < FAULTS:
        current.let_go(ReindexState.QUEUED, BUG, run_after=timezone.now() + timedelta(seconds=FAULT_SECONDS))
    else:
        current.let_go(ReindexState.FAILED, BUG)


def _pause(job: Reindex, error: Unavailable) -> float | None:
    """Seconds until the next try; None where there were enough."""
    asked = float(retry_after(error.headers.get("Retry-After", "")) or 0)
    if isinstance(error, Suspended):
        return max(asked, 1.0)
    if job.waits + 1 >= WAITS:
        return None
    return max(asked, min(2.0 ** (job.waits + 1), LONGEST_PAUSE))
