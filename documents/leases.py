"""The lease on a task: prolonged, and checked for cancel and fence, while its work goes on."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar

from django.conf import settings
from django.db import Error, connection

from documents.models.log import line

log = logging.getLogger(__name__)

LINE_SECONDS = 10.0  # between two lines of the log while nothing but a count moves


class LeaseLost(Exception):
    """The task was canceled, deleted, or taken over: nothing of it may be written any more."""


class Stopped(Exception):
    """This worker is asked to stop: the task is handed back for another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How far a task has come, as it is told to people."""

    progress: float = 0.0
    message: str = ""
    phase: str = ""
    done: int = 0
    total: int = 0


class Leased(Protocol):
    """A row that a worker has claimed: a task, or a reindex."""

    pk: Any

    @property
    def taken(self) -> str:
        """What its log says of the claim; empty: nothing."""

    def beat(
        self, *, lease_seconds: float, progress: float, message: str, phase: str, done: int, total: int, lines: str
    ) -> bool:
        """Prolong the lease and report; False where the row is no longer ours."""


T = TypeVar("T", bound=Leased)


class Lease(Generic[T]):
    """A claimed task under way.

    A thread of its own, on its own database connection, beats every RAG_HEARTBEAT_SECONDS: one UPDATE that prolongs
    the lease, reports progress, and finds out whether the task is still ours. When it is not, or when no beat came
    through for a whole lease, `on_lost` is called once (it kills the parser child) and `check` raises. `stopping` is
    set by whoever stops the worker.
    """

    def __init__(
        self, task: T, *, on_lost: Callable[[], None] = lambda: None, stopping: threading.Event | None = None
    ) -> None:
        self.task = task
        self._stopping = stopping or threading.Event()
        self.on_lost = on_lost
        self._told = Report()
        self._lines: list[str] = []  # of the log, not yet written
        self._lined = 0.0  # when the last one was made
        self._unlined = False  # whether what was told last has no line
        self._telling = threading.Lock()
        self._lost = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat_until_stopped, name=f"lease-{task.pk}", daemon=True)

    def __enter__(self) -> Self:
        if taken := self.task.taken:
            self._told = Report(message=taken)
            self.note(taken)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        if not self._lost.is_set():
            self._tell_last()

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

    def report(self, progress: float, message: str, *, phase: str = "", done: int = 0, total: int = 0) -> None:
        """What the next beat tells: `progress` in 0..1, which never goes back, and a line for people. Checks, too.

        `phase` names the step that is under way ("parse", "embed"), with `done` of `total` pages, chunks …; 0 where
        `total` is not known. What changes goes into the task's log, a mere count every LINE_SECONDS.
        """
        told = self._told
        self._told = Report(progress=progress, message=message, phase=phase, done=done, total=total)
        if message != told.message:
            counts = phase != "" and phase == told.phase and done != total
            self._unlined = counts and time.monotonic() - self._lined < LINE_SECONDS
            if not self._unlined:
                self.note(message)
        self.check()

    def note(self, text: str) -> None:
        """Put a line into the task's log, besides what is reported."""
        with self._telling:
            self._lines.append(line(text))
        self._lined = time.monotonic()

    def _beat(self) -> bool:
        """Prolong the lease and write what is new; False where the task is no longer ours. Raises database errors."""
        with self._telling:
            count = len(self._lines)
            lines = "\n".join(self._lines)
        ours = self.task.beat(lease_seconds=settings.RAG_LEASE_SECONDS, lines=lines, **asdict(self._told))
        with self._telling:
            del self._lines[:count]
        return ours

    def _tell_last(self) -> None:
        """Write what was reported since the last beat; the end of the task does without it where that fails."""
        if self._unlined:
            self.note(self._told.message)
        try:
            self._beat()
        except Error as error:
            log.warning("task %s: its last report was not written: %s", self.task.pk, error)
            connection.close()

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
                ours = self._beat()
            except Error as error:
                log.warning("task %s: heartbeat failed: %s", self.task.pk, error)
                connection.close()
                ours = time.monotonic() - prolonged < settings.RAG_LEASE_SECONDS
            else:
                prolonged = time.monotonic()
            if not ours:
                return
