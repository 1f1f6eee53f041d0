"""How tasks end, and what that makes of their document: every transition but publishing.

Each is one transaction under the document's row lock (lock order: document, then task), guarded by the fence: a worker
whose task was canceled or taken over changes nothing.
"""

import logging
from datetime import timedelta

from django.utils import timezone

from documents.leases import LeaseLost
from documents.models import Document, Run, Stage, Task, TaskState
from system.errors import DocumentFault, RagError, Unavailable
from system.transactions import retried

log = logging.getLogger(__name__)

QUEUED = 0.001  # progress of a document that waits: positive, so that it can be stopped (contract E.5)
FAULTS = 2  # strikes until a document fails
WAITS = 10  # tries while a model endpoint is not available
LOST = 10  # leases lost until a task fails: it takes its worker down
QUARANTINE = 5  # leases lost until a task runs only when nothing else is queued
LOG_LINES = 50


def line(text: str) -> str:
    """A line of a progress log."""
    return f"{timezone.localtime():%H:%M:%S} {text}"


def locked(document_id: str, *, gen: int | None = None, wait: bool = True) -> Document | None:
    """The living document, its row locked; None where it is deleted, past `gen`, or (no `wait`) locked by another."""
    rows = Document.objects.live().select_for_update(no_key=True, of=("self",), skip_locked=not wait)
    rows = rows.filter(pk=document_id)
    return (rows if gen is None else rows.filter(gen=gen)).first()


def derive(document: Document, message: str = "") -> None:
    """Set run, progress, message and duration of a locked document from the tasks of its generation, and save."""
    tasks = list(Task.objects.filter(document=document, gen=document.gen).order_by("part"))
    states = {task.state for task in tasks}
    if message:
        document.progress_msg = "\n".join([*document.progress_msg.splitlines(), line(message)][-LOG_LINES:])
    if states & {TaskState.QUEUED, TaskState.RUNNING}:
        mean = sum(task.progress for task in tasks) / len(tasks)
        document.run, document.progress = Run.RUNNING, min(max(QUEUED, document.progress, mean), 0.999)
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

    A fault of the document counts a strike; `Unavailable` counts nothing against it and waits longer each time; any
    other expected error (a configuration) fails at once; a bug counts a strike.
    """
    document = locked(task.document_id, gen=task.gen)
    current = Task.objects.filter(pk=task.pk, fence=task.fence, state=TaskState.RUNNING).first()
    if document is None or current is None:
        raise LeaseLost(str(task))
    pause: float | None = None
    if isinstance(error, Unavailable):
        current.waits += 1
        pause = max(_asked_pause(error), min(2.0**current.waits, 300.0)) if current.waits < WAITS else None
    elif not isinstance(error, RagError) or (isinstance(error, DocumentFault) and error.retry):
        current.faults += 1
        pause = 1.0 if current.faults < FAULTS else None
    message = error.message if isinstance(error, RagError) else "An unexpected error; the log of the worker tells more."
    if pause is None:
        _finish(current, TaskState.FAILED, f"[ERROR] {message}")
        derive(document, f"[ERROR] {message}")
    else:
        _requeue(current, pause=pause, message=f"{message} Next try in {pause:.0f} s.")
        derive(document, f"{message} Next try in {pause:.0f} s.")


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
        return True
    if current.lost >= LOST:
        text = f"The worker was lost {current.lost} times while it worked on this document; see the workers' log."
        _finish(current, TaskState.FAILED, f"[ERROR] {text}")
        derive(document, f"[ERROR] {text}")
    else:
        if current.lost >= QUARANTINE:
            current.priority = min(current.priority, -100)
        _requeue(current, pause=0, message="The worker was lost; queued again.")
        derive(document, "The worker was lost; queued again.")
    return True


@retried
def release(task: Task) -> None:
    """Hand a task back that this worker will not finish (it is being stopped); nothing counts against anyone."""
    document = locked(task.document_id, gen=task.gen)
    current = Task.objects.filter(pk=task.pk, fence=task.fence, state=TaskState.RUNNING).first()
    if document is not None and current is not None:
        _requeue(current, pause=0, message="The worker was stopped; queued again.")
        derive(document)


def _asked_pause(error: Unavailable) -> float:
    """Seconds that the other side asked us to wait; 0 where it did not."""
    try:
        return float(error.headers.get("Retry-After", 0))
    except ValueError:
        return 0.0


def _requeue(task: Task, *, pause: float, message: str) -> None:
    # The fence moves on at the next claim; clearing it here already shuts out the worker that lost the task.
    task.state, task.fence, task.owner, task.lease_until = TaskState.QUEUED, 0, "", None
    task.run_after, task.message = timezone.now() + timedelta(seconds=pause), line(message)
    task.save()


def _finish(task: Task, state: TaskState, message: str) -> None:
    task.state, task.lease_until, task.finished_at = state, None, timezone.now()
    task.progress, task.message = (-1 if state == TaskState.FAILED else task.progress), line(message) if message else ""
    task.save()
    Stage.objects.filter(task=task).delete()
