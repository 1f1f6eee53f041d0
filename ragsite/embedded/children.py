"""One supervised process: when it is started, when it is ready, when it is started again."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ragsite.embedded import logs
from ragsite.embedded.launching import Launch
from ragsite.embedded.server import Busy
from system.errors import Unavailable

FIRST_PAUSE = 0.2  # seconds before the first restart; doubles
LONGEST_PAUSE = 30.0
_DOUBLINGS = 8  # are past LONGEST_PAUSE
STABLE_SECONDS = 30.0  # after that long a failure is the first one again
FIRST_TRIES = 5  # starts that may fail before it was ever ready


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What is to run. `launch` is asked before each start and may raise Busy: not yet."""

    name: str
    launch: Callable[[], Launch]
    ready: Callable[[], bool] = lambda: True  # asked until it says yes; may take a second
    once: bool = False  # runs to its end, and has to succeed
    shown: bool = False  # its output goes to our standard output, not to its log
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10.0  # then SIGKILL


class StartFailed(Unavailable):
    """A process could not be brought up at all."""


class Child:
    """A service and its process, driven by `tick`. Of one thread: the process dies with the thread that started it."""

    def __init__(self, service: Service, *, log: Path, report: Callable[[str], None]) -> None:
        self.service = service
        self.log = log
        self.report = report
        self.process: subprocess.Popen[bytes] | None = None
        self.ready = False
        self._proven = False  # has been ready once
        self._failures = 0  # in a row
        self._since = 0  # bytes of the log before this start
        self._started = 0.0
        self._next = 0.0

    def tick(self) -> None:
        """Start it when it is due, notice that it became ready or ended. Raises StartFailed, RagError."""
        now = time.monotonic()
        if self.process is None:
            if now >= self._next and not (self.service.once and self.ready):
                self._start(now)
        elif (code := self._reap()) is not None:
            self._ended(code)
        else:
            self._watch(now)

    def alive(self) -> bool:
        """Whether its process runs; what a process that ended left behind in its group is ended, too."""
        return self._reap() is None and self.process is not None

    def postpone(self, reason: str) -> None:
        """Try to start it again later, because of what happened when it was tried now."""
        self._failures += 1
        pause = self._pause()
        self.report(f"{self.service.name} cannot be started, tried again in {pause:.1f} s: {reason}")

    def terminate(self) -> None:
        """Ask it to end."""
        if self.alive() and self.process:
            self.process.send_signal(self.service.stop_signal)

    def kill(self) -> None:
        """End it and its process group at once."""
        if self.alive() and self.process:
            self._kill_group(self.process.pid)
            self.process.wait()

    def _reap(self) -> int | None:
        if self.process is None or self.process.returncode is not None:
            return self.process.returncode if self.process else None
        pid = self.process.pid
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return None
        self._kill_group(pid)  # while the zombie keeps the number from being used again
        return self.process.wait()

    def _kill_group(self, pid: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)

    def _start(self, now: float) -> None:
        self._since = logs.size(self.log)
        try:
            launch = self.service.launch()
        except Busy:
            self._next = now + FIRST_PAUSE
            return
        with logs.open_log(self.log) as log:
            self.process = launch.start(output=None if self.service.shown else log, errors=log)
        if launch.lock:
            launch.lock.close()  # the child has it now
        self._started = now

    def _watch(self, now: float) -> None:
        if not self.ready and not self.service.once and self.service.ready():
            self.ready = self._proven = True
        if self._failures and now - self._started > STABLE_SECONDS:
            self._failures = 0

    def _ended(self, code: int) -> None:
        self.process = None
        if self.service.once and code == 0:
            self.ready = True
            return
        self.ready = False
        self._failures += 1
        if self.service.once or (not self._proven and self._failures >= FIRST_TRIES):
            times = "" if self.service.once else f", as at {self._failures} starts in a row"
            raise StartFailed(
                f"{self.service.name} {_how(code)}{times}. Log {self.log}:\n{logs.tail(self.log, since=self._since)}"
            )
        self.report(f"{self.service.name} {_how(code)}; started again in {self._pause():.1f} s (log: {self.log})")

    def _pause(self) -> float:
        pause = min(FIRST_PAUSE * 2.0 ** min(self._failures - 1, _DOUBLINGS), LONGEST_PAUSE)
        self._next = time.monotonic() + pause
        return pause


def _how(code: int) -> str:
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"was ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"
