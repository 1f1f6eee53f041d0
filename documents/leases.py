"""The lease on a task: prolonged, and checked for cancel and fence, while its work goes on."""

import logging
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from django.conf import settings
from django.db import Error, connection

from documents.models import Task

log = logging.getLogger(__name__)


class LeaseLost(Exception):
    """The task was canceled, deleted, or taken over: nothing of it may be written any more."""


class Stopped(Exception):
    """This worker is asked to stop: the task is handed back for another."""


class Lease:
    """A claimed task under way.

    A thread of its own, on its own database connection, beats every RAG_HEARTBEAT_SECONDS: one UPDATE that prolongs
    the lease, reports progress, and finds out whether the task is still ours. When it is not, or when no beat came
    through for a whole lease, `on_lost` is called once (it kills the parser child) and `check` raises. `stopping` is
    set by whoever stops the worker.
    """

    def __init__(
        self, task: Task, *, on_lost: Callable[[], None] = lambda: None, stopping: threading.Event | None = None
    ) -> None:
        self.task = task
        self._stopping = stopping or threading.Event()
        self.on_lost = on_lost
        self._progress = 0.0
        self._message = ""
        self._lost = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat_until_stopped, name=f"lease-{task.pk}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def alive(self) -> bool:
        """Whether to go on: the task is still ours, as of the last beat, and nobody stops us."""
        return not (self._lost.is_set() or self._stopping.is_set())

    def check(self) -> None:
        """Raise LeaseLost where the task is no longer ours, Stopped where this worker is to stop."""
        if self._lost.is_set():
            raise LeaseLost(str(self.task))
        if self._stopping.is_set():
            raise Stopped(str(self.task))

    def report(self, progress: float, message: str) -> None:
        """What the next beat tells: `progress` in 0..1, which never goes back, and a line for people. Checks, too."""
        self._progress, self._message = progress, message
        self.check()

    def _beat_until_stopped(self) -> None:
        try:
            self._beat_while_ours()
        finally:
            connection.close()
            if not self._stop.is_set():  # whatever ended the beats: without them the task is not ours for long
                self._lost.set()
                self.on_lost()

    def _beat_while_ours(self) -> None:
        prolonged = time.monotonic()
        while not self._stop.wait(settings.RAG_HEARTBEAT_SECONDS):
            try:
                ours = self.task.beat(
                    lease_seconds=settings.RAG_LEASE_SECONDS, progress=self._progress, message=self._message
                )
            except Error as error:
                log.warning("task %s: heartbeat failed: %s", self.task.pk, error)
                connection.close()
                ours = time.monotonic() - prolonged < settings.RAG_LEASE_SECONDS
            else:
                prolonged = time.monotonic()
            if not ours:
                return
