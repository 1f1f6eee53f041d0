"""What the sweeper does each second; any number of sweepers may do it at the same time."""

import logging
import signal
import threading
import time
from collections.abc import Callable, Collection, Iterable
from datetime import timedelta

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from documents import paid, pausing, progress, removal
from documents.models import Blob, Document, Reindex, Removed, Reservation, Run, Task, TaskState
from documents.reindexing import clearing
from documents.waking import send_wakes
from knowledgebases.engines import following
from knowledgebases.models import Knowledgebase
from system import expiry, scratch
from system.errors import Unavailable

log = logging.getLogger(__name__)

BATCH = 500
BLOBS = 50  # of one transaction
BLOBS_SECONDS = 5.0  # of one sweep: other steps wait for their turn
TASKS_KEPT = timedelta(days=30)  # finished tasks stay that long to be looked at
STAGES_KEPT = timedelta(days=7)  # embeddings of failed tries wait that long for the next one


def reclaim_lost() -> int:
    """Queue the tasks again whose worker was lost; returns how many."""
    reclaimed = 0
    for task in Task.objects.expired().order_by("lease_until")[:BATCH]:
        try:
            reclaimed += progress.reclaim(task)
        except Exception:  # one task that resists does not keep the others from being reclaimed
            log.exception("reclaiming task %s", task.pk)
    return reclaimed


def wake_for_waiting() -> int:
    """Send wakes while tasks or reindexes can be claimed: a lost wake costs a second, a wiped Redis nothing."""
    if Task.objects.quarantined().filter(state=TaskState.RUNNING).exists():
        return 0  # until it ends, whoever were woken would find nothing to claim
    waiting = Task.objects.claimable()[: settings.RAG_WORKERS].count() or Reindex.objects.claimable().count()
    return send_wakes(waiting) if waiting else 0


def clear_datasets() -> int:
    """Remove documents of deleted datasets, then the datasets; returns how many documents went."""
    cleared = 0
    for kb in Knowledgebase.objects.exclude(deleted_at=None)[:BATCH]:
        try:
            cleared += removal.clear_dataset(kb.pk)
            _drop_empty(kb)
        except Exception:  # one dataset that resists does not keep the others from being cleared
            log.exception("clearing dataset %s", kb.pk)
    return cleared


@transaction.atomic
def _drop_empty(kb: Knowledgebase) -> None:
    """Delete the row of a dataset without documents; its lock keeps an upload that is under way out."""
    row = Knowledgebase.objects.select_for_update().filter(pk=kb.pk).first()
    if row and not Document.objects.filter(kb=row).exists():
        row.delete()


def clear_documents() -> int:
    """Drop the rows of deleted documents; returns how many rows went."""
    with transaction.atomic():
        dead = Document.objects.exclude(deleted_at=None).select_for_update(skip_locked=True)
        ids = list(dead.values_list("pk", flat=True)[:BATCH])
        if ids:
            Document.objects.filter(pk__in=ids).delete()
    return len(ids)


def clear_blobs() -> int:
    """Remove the bytes nobody needs, then their rows, until none are left or some seconds over; returns how many.

    Rows are taken with SKIP LOCKED, so that sweepers share the work; the row goes after the bytes, so that a death in
    between leaves something to sweep and nothing to leak. Few at a time: a storage elsewhere takes its time for each,
    and the rows are locked meanwhile. After that time no removal is begun.
    """
    until = time.monotonic() + BLOBS_SECONDS
    tried: dict[str, bool] = {}
    while time.monotonic() < until and (taken := _clear_blobs(tried, until=until)):
        tried |= taken
    return sum(tried.values())


@transaction.atomic
def _clear_blobs(tried: Collection[str], *, until: float) -> dict[str, bool]:
    """Remove some that were not `tried`, beginning none after `until`; returns whether each is gone."""
    unneeded = Blob.objects.sweepable(grace_seconds=settings.RAG_BLOB_GRACE_SECONDS).exclude(pk__in=tried)
    rows = unneeded.filter(documents=None, thumbnails=None, files=None).order_by("changed_at")
    taken: dict[str, bool] = {}
    for blob in rows.select_for_update(skip_locked=True, of=("self",))[:BLOBS]:
        if time.monotonic() >= until:
            break
        taken[blob.pk] = _bytes_gone(blob)
    Blob.objects.filter(pk__in=[pk for pk, gone in taken.items() if gone]).delete()
    return taken


def _bytes_gone(blob: Blob) -> bool:
    try:
        default_storage.delete(blob.key)
    except (OSError, Unavailable) as error:
        log.warning("blob %s cannot be removed, it stays for the next sweep: %s", blob.key, error)
        return False
    return True


def clear_tasks() -> int:
    """Forget tasks that ended long ago; returns how many rows went.

    Not the finished parts of a generation that is still at work: what they staged is published with the last.
    """
    old = Task.objects.filter(finished_at__lt=timezone.now() - TASKS_KEPT)
    old = old.exclude(document__run=Run.RUNNING, gen=F("document__gen"))
    with transaction.atomic():
        rows = old.select_for_update(skip_locked=True, of=("self",))
        ids = list(rows.values_list("pk", flat=True)[:BATCH])
        Task.objects.filter(pk__in=ids).delete()
    return len(ids)


def clear_stages() -> int:
    """Forget what failed tries paid for and nobody took over; returns how many tasks had any."""
    return paid.forget_old(before=timezone.now() - STAGES_KEPT, most=BATCH)


def clear_reindexes() -> int:
    """Remove search rows that reindexing built or kept, and nobody will serve any more; returns how many."""
    return clearing.clear()


def clear_scratch() -> int:
    """Remove what killed processes left on its way in; returns of how many."""
    return scratch.clear()


def clear_reservations() -> int:
    """Forget the room that was held for uploads whose process has died; returns how many."""
    return Reservation.objects.filter(until__lt=timezone.now()).delete()[0]


def clear_removed() -> int:
    """Forget the removals that nobody who watches is told of any more; returns how many."""
    return Removed.forget()


Step = Callable[[], int]
# Apart from the others: what is elsewhere and hangs is waited for, and nothing else is to wait with it.
STORAGE_STEPS: tuple[Step, ...] = (clear_blobs,)
ENGINE_STEPS: tuple[Step, ...] = (following.follow,)
STEPS: tuple[Step, ...] = (
    reclaim_lost,
    pausing.settle,
    wake_for_waiting,
    clear_datasets,
    clear_documents,
    clear_stages,
    clear_tasks,
    clear_reindexes,
    clear_scratch,
    clear_reservations,
    clear_removed,
    expiry.forget_sessions,
)


def sweep() -> dict[str, int]:
    """Every step once; returns what each did. A step that fails is logged and does not keep the others from theirs."""
    return _done([*STEPS, *STORAGE_STEPS, *ENGINE_STEPS])


def _done(steps: Iterable[Step]) -> dict[str, int]:
    done = {}
    for step in steps:
        try:
            done[step.__name__] = step()
        except Exception:
            log.exception("sweeping: %s", step.__name__)
    return done


def forever(seconds: float = 1.0) -> None:
    """Sweep every `seconds` until SIGTERM or SIGINT; of a main thread. Storage and search engine have their own."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    # Daemons: who is told to stop does not wait for what hangs, and what is half done is done again.
    apart, here = {"storage": STORAGE_STEPS}, STEPS
    if settings.RAG_ELASTICSEARCH_URL:
        apart["engine"] = ENGINE_STEPS
    else:
        here = (*STEPS, *ENGINE_STEPS)  # a look at most
    for name, steps in apart.items():
        threading.Thread(target=_repeat, args=[steps, seconds, stop], name=name, daemon=True).start()
    _repeat(here, seconds, stop)


def _repeat(steps: Iterable[Step], seconds: float, stop: threading.Event) -> None:
    while not stop.is_set():
        _done(steps)
        connection.close_if_unusable_or_obsolete()
        stop.wait(seconds)
