"""How tasks end, and what that makes of their document: every transition but publishing.

Each is one transaction under the document's row lock (lock order: document, then task), guarded by the fence: a worker
whose task was canceled or taken over changes nothing.
"""

import logging
import time
from datetime import timedelta
from email.utils import parsedate_to_datetime

from django.utils import timezone

from documents import postponing
from documents.leases import LeaseLost
from documents.models import Document, Run, Stage, Task, TaskState
from documents.models.claiming import BEGUN, QUARANTINE
from documents.models.log import line, logged
from documents.models.task import OPEN
from knowledgebases.models import Knowledgebase
from system.errors import DocumentFault, RagError, Suspended, Unavailable
from system.transactions import retried

log = logging.getLogger(__name__)

QUEUED = 0.001  # progress of a document that waits: positive, so that it can be stopped (contract E.5)
FAULTS = 2  # strikes until a document fails
WAITS = 10  # tries while a model endpoint is not available
LOST = 10  # leases lost until a task fails: it takes its worker down
LONGEST_PAUSE = 300.0  # seconds between two tries, unless the other side asks for more
LONGEST_ASKED = 3600.0  # seconds of that
PAUSED = "The dataset is paused; this goes on when it is resumed."
LOG_LINES = 50

_ALONE = "The worker was lost {} times at this document: in quarantine, it runs alone when nothing else waits or runs."
_LOST = (
    "The worker was lost {} times while it worked on this document, at last with nothing else running: most likely it "
    "takes more memory than the machine has. The log of the workers tells more. Give the machine more memory or split "
    "the file, then try again."
)


def locked(document_id: str, *, gen: int | None = None, wait: bool = True) -> Document | None:
    """The living document, its row locked; None where it is deleted, past `gen`, or (no `wait`) locked by another."""
    rows = Document.objects.live().select_for_update(no_key=True, of=("self",), skip_locked=not wait)
    rows = rows.filter(pk=document_id)
    return (rows if gen is None else rows.filter(gen=gen)).first()


def derive(document: Document, message: str = "") -> None:
    """Set run, progress, message and duration of a locked document from the tasks of its generation, and save."""
    tasks = Task.objects.filter(document=document, gen=document.gen).order_by()
    states = set(tasks.values_list("state", flat=True).distinct())
    if message:
        document.progress_msg = "\n".join([*document.progress_msg.splitlines(), line(message)][-LOG_LINES:])
    if states & set(OPEN):
        overall = tasks.aggregate(all=Task.objects.overall())["all"]
        document.run, document.progress = Run.RUNNING, min(max(QUEUED, document.progress, overall), 0.999)
    elif TaskState.FAILED in states:
        document.run, document.progress = Run.FAIL, -1
    elif TaskState.CANCELED in states:
        document.run, document.progress = Run.CANCEL, 0
    elif states:
        document.run, document.progress = Run.DONE, 1
    if document.process_begin_at:
        elapsed = timezone.now() - document.process_begin_at
        document.process_duration = max(elapsed.total_seconds(), 0.001)
    document.save(update_fields=["run", "progress", "progress_msg", "process_duration"])


@retried
def fail_or_retry(task: Task, error: BaseException) -> None:
    """The task ended with `error`: queue it again where that may help, else fail it and its document.

    A fault of the document counts a strike; `Unavailable` counts nothing against it and waits longer each time, WAITS
    times; `Suspended` was no try; any other expected error (a configuration) fails at once; a bug counts a strike.
    """
    document = locked(task.document_id, gen=task.gen)
    current = _held(task)
    if document is None or current is None:
        raise LeaseLost(str(task))
    pause: float | None = None
    if isinstance(error, Suspended):
        pause = max(_asked_pause(error), 1.0)
    elif isinstance(error, Unavailable):
        current.waits += 1
        backoff = min(2.0**current.waits, LONGEST_PAUSE)
        pause = max(_asked_pause(error), backoff) if current.waits < WAITS else None
    elif not isinstance(error, RagError) or (isinstance(error, DocumentFault) and error.retry):
        current.faults += 1
        pause = 1.0 if current.faults < FAULTS else None
    message = error.message if isinstance(error, RagError) else "An unexpected error; the log of the worker tells more."
    if pause is None:
        _fail(document, current, f"[ERROR] {message}")
    else:
        _requeue(current, pause=pause, message=f"{message} Next try in {pause:.0f} s.")
        derive(document, f"{message} Next try in {pause:.0f} s.")
        if isinstance(error, Suspended):
            postponing.postpone(current, f"{message} Next try in {pause:.0f} s.")


@retried
def reclaim(task: Task) -> bool:
    """Take back a task whose lease ran out; True where it was still there to be taken.

    Never the document's fault, until it has taken its worker down LOST times. Does not wait: a document whose row is
    locked is just being published or otherwise moved on, so somebody is at it.
    """
    document = locked(task.document_id, gen=task.gen, wait=False)
    if document is None and Document.objects.live().filter(pk=task.document_id, gen=task.gen).exists():
        return False
    current = Task.objects.expired().filter(pk=task.pk, fence=task.fence).select_for_update().first()
    if current is None:
        return False
    current.lost += 1
    if document is None:
        _finish(current, TaskState.CANCELED, "")
        Stage.objects.filter(task=current).delete()
        return True
    if current.lost >= LOST:
        _fail(document, current, f"[ERROR] {_LOST.format(current.lost)}")
        return True
    text = _ALONE.format(current.lost) if current.lost >= QUARANTINE else "The worker was lost; queued again."
    _requeue(current, pause=0, message=text)
    derive(document, text)
    return True


@retried
def release(task: Task, message: str = "The worker was stopped; queued again.") -> None:
    """Hand a task back that this worker will not finish (it is being stopped); nothing counts against anyone."""
    document = locked(task.document_id, gen=task.gen)
    current = _held(task)
    if document is not None and current is not None:
        _requeue(current, pause=0, message=message)
        derive(document)


def _held(task: Task) -> Task | None:
    """The row as it is now, locked, where it still is the caller's; pausing and claims do not lock the document."""
    return Task.objects.filter(pk=task.pk, fence=task.fence, state=TaskState.RUNNING).select_for_update().first()


def _asked_pause(error: Unavailable) -> float:
    """Seconds that the other side asked us to wait, as a number or a date; 0 where it did not."""
    asked = str(error.headers.get("Retry-After", ""))
    try:
        seconds = float(asked)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(asked).timestamp() - time.time()
        except (ValueError, OverflowError):
            return 0.0
    return min(seconds, LONGEST_ASKED) if seconds > 0 else 0.0  # not a number is neither


def _requeue(task: Task, *, pause: float, message: str) -> None:
    """Queue a task again; of a dataset that is paused, it is held back instead."""
    # The fence moves on at the next claim; clearing it here already shuts out the worker that lost the task.
    task.state, task.fence, task.owner, task.lease_until = TaskState.QUEUED, 0, "", None
    task.run_after, task.message = timezone.now() + timedelta(seconds=pause), line(message)
    task.priority = max(task.priority, BEGUN)  # what is begun is finished before more is begun
    if Knowledgebase.objects.filter(pk=task.kb_id).exclude(paused_at=None).exists():
        task.state, task.message = TaskState.PAUSED, line(f"{message} {PAUSED}")
    task.phase, task.phase_done, task.phase_total = "", 0, 0
    task.log = logged(task.message)
    task.save()


def _fail(document: Document, task: Task, message: str) -> None:
    """Fail a task, and the locked document with it: what its other parts did from now on would be done for nothing.

    What is staged stays: the next try takes its embeddings over.
    """
    _finish(task, TaskState.FAILED, message)
    siblings = Task.objects.open().filter(document=document, gen=document.gen)
    siblings.update(state=TaskState.CANCELED, lease_until=None, finished_at=timezone.now())
    derive(document, message)


def _finish(task: Task, state: TaskState, message: str) -> None:
    task.state, task.lease_until, task.finished_at = state, None, timezone.now()
    task.progress, task.message = (-1 if state == TaskState.FAILED else task.progress), line(message) if message else ""
    task.log = logged(task.message)
    task.save()
