"""What the sweeper does each second; any number of sweepers may do it at the same time."""

import logging
import signal
import threading
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone

from documents import progress, removal
from documents.models import Blob, Document, Task
from documents.waking import send_wakes
from knowledgebases.models import Knowledgebase

log = logging.getLogger(__name__)

BATCH = 500
TASKS_KEPT = timedelta(days=30)  # finished tasks stay that long to be looked at


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
    """Send wakes while tasks can be claimed: a lost wake costs a second, a wiped Redis nothing."""
    waiting = Task.objects.claimable()[: settings.RAG_WORKERS].count()
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
    ids = list(Document.objects.exclude(deleted_at=None).values_list("pk", flat=True)[:BATCH])
    if ids:
        Document.objects.filter(pk__in=ids).delete()
    return len(ids)


def clear_blobs() -> int:
    """Remove the bytes nobody needs, then their rows; returns how many.

    Rows are taken with SKIP LOCKED, so that sweepers share the work; the row goes after the bytes, so that a death in
    between leaves something to sweep and nothing to leak.
    """
    with transaction.atomic():
        blobs = list(
            Blob.objects.sweepable(grace_seconds=settings.RAG_BLOB_GRACE_SECONDS)
            .filter(documents=None, thumbnails=None, files=None)
            .select_for_update(skip_locked=True, of=("self",))[:BATCH]
        )
        gone = [blob.pk for blob in blobs if _bytes_gone(blob)]
        Blob.objects.filter(pk__in=gone).delete()
    return len(gone)


def _bytes_gone(blob: Blob) -> bool:
    try:
        default_storage.delete(blob.key)
    except OSError as error:
        log.warning("blob %s cannot be removed, it stays for the next sweep: %s", blob.key, error)
        return False
    return True


def clear_tasks() -> int:
    """Forget tasks that ended long ago; returns how many rows went."""
    old = Task.objects.filter(finished_at__lt=timezone.now() - TASKS_KEPT).values_list("pk", flat=True)[:BATCH]
    return Task.objects.filter(pk__in=list(old)).delete()[0]


STEPS: tuple[Callable[[], int], ...] = (
    reclaim_lost,
    wake_for_waiting,
    clear_datasets,
    clear_documents,
    clear_blobs,
    clear_tasks,
)


def sweep() -> dict[str, int]:
    """Every step once; returns what each did. A step that fails is logged and does not keep the others from theirs."""
    done = {}
    for step in STEPS:
        try:
            done[step.__name__] = step()
        except Exception:
            log.exception("sweeping: %s", step.__name__)
    return done


def forever(seconds: float = 1.0) -> None:
    """Sweep every `seconds` until SIGTERM or SIGINT; of a main thread."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    while not stop.is_set():
        sweep()
        connection.close_if_unusable_or_obsolete()
        stop.wait(seconds)
