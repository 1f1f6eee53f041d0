"""The RQ worker of Ragsite: it runs one allow-listed function, and beats."""

import contextlib
import ctypes
import os
import signal
import socket
import threading
import time
from typing import Any

from django.db import connections
from redis import RedisError
from rq import Queue, Worker, get_current_job
from rq.exceptions import DeserializationError, NoSuchJobError
from rq.job import Job
from rq.serializers import JSONSerializer

from system import heartbeats

WAKE = "documents.jobs.wake"  # by name: whoever could write to Redis may at most wake a worker
BEAT_SECONDS = 30.0
_CURRENT = "current"  # key of a job's meta
_PR_SET_PDEATHSIG = 1


def worker_name() -> str:
    """Host and process of the caller: the owner of the leases it takes."""
    return f"{socket.gethostname()}:{os.getpid()}"


def at_work(task: str) -> None:
    """Have this work-horse's worker name `task` in its beats; nothing happens outside of a job.

    The horse is a process of its own: it leaves word in the job that it runs.
    """
    if job := get_current_job():
        job.meta[_CURRENT] = {task: {"id": task, "begin_at": time.time()}}
        with contextlib.suppress(RedisError):
            job.save_meta()


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when its parent `parent` dies; exit at once where that has happened.

    A fork clears the setting, so every forked child has to ask again.
    """
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


class WakeWorker(Worker):
    """Runs wakes only, in a work-horse that dies with it, and tells every 30 s that it lives.

    Jobs are read as JSON, never unpickled: who can write to Redis must not be able to run code here.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "serializer": JSONSerializer})

    def work(self, *args: Any, **kwargs: Any) -> bool:
        """Work until stopped; True where any job was done."""
        connections.close_all()  # a horse must not inherit an open connection
        stop = threading.Event()
        threading.Thread(target=self._beat, args=[stop], name="heartbeat", daemon=True).start()
        try:
            return bool(super().work(*args, **kwargs))
        finally:
            stop.set()

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Fork a work-horse for a wake; anything else is thrown away unread."""
        if _is_wake(job):
            super().execute_job(job, queue)
            return
        self.log.error("refused job %s: this worker runs %s only", job.id, WAKE)
        job.delete(remove_from_queue=True)

    def handle_warm_shutdown_request(self) -> None:
        """Ask the work-horse, too: it hands its task back (`documents.jobs.wake`) instead of being waited for."""
        super().handle_warm_shutdown_request()  # type: ignore[no-untyped-call]
        if self.horse_pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.horse_pid, signal.SIGTERM)

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        """The forked child."""
        die_with_parent(int(os.environ["RAGSITE_RQ_PARENT"]))
        super().main_work_horse(job, queue)

    def fork_work_horse(self, job: Job, queue: Queue) -> None:
        """Fork, with the parent's process id at hand in the child."""
        os.environ["RAGSITE_RQ_PARENT"] = str(os.getpid())
        super().fork_work_horse(job, queue)

    def _beat(self, stop: threading.Event) -> None:
        boot = time.time()
        while True:
            # A worker without Redis is visible as one that does not beat.
            with contextlib.suppress(RedisError):
                heartbeats.beat(
                    worker_name(),
                    boot_at=boot,
                    done=self.successful_job_count,
                    failed=self.failed_job_count,
                    working=self._horse_pid > 0,
                    current=self._current(),
                )
            if stop.wait(BEAT_SECONDS):
                return

    def _current(self) -> dict[str, Any]:
        """What the work-horse said it is at."""
        try:
            job = self.get_current_job() if self._horse_pid > 0 else None
        except NoSuchJobError:  # it has ended meanwhile
            job = None
        current: dict[str, Any] = job.meta.get(_CURRENT, {}) if job else {}
        return current


def _is_wake(job: Job) -> bool:
    try:
        return bool(job.func_name == WAKE and not job.args and not job.kwargs)
    except DeserializationError:
        return False
