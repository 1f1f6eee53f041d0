"""Starts processes stage by stage, keeps them running, and stops them in the opposite order."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

from ragsite.embedded import logs
from ragsite.embedded.children import Child, Service, StartFailed
from system.errors import RagError

STAGE_SECONDS = 120.0  # for all processes of a stage to become ready
_TICK = 0.05  # seconds between two looks while starting or stopping
_CALM_TICK = 0.2
_HOUSEKEEPING_SECONDS = 30.0


class Supervisor:
    """Runs `stages`, each started when all processes before it are ready.

    One thread of its own starts and watches them all: the kernel ends a child when the thread that started it ends, so
    a supervisor that is killed leaves nobody behind. `report` is told what an operator wants to know, a line each.
    """

    def __init__(
        self,
        stages: Sequence[Sequence[Service]],
        *,
        logs_dir: Path,
        report: Callable[[str], None],
        housekeeping: Callable[[], None] = lambda: None,
    ) -> None:
        self._stages = [
            [Child(service, log=logs_dir / f"{service.name}.log", report=report) for service in stage]
            for stage in stages
        ]
        self._report = report
        self._housekeeping = housekeeping
        self._next_housekeeping = 0.0
        self._stopping = threading.Event()
        self._hurry = threading.Event()
        self._settled = threading.Event()  # ready, or finished
        self._finished = threading.Event()
        self._ready = False
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def wait_ready(self, timeout: float | None = None) -> bool:
        """Whether all processes became ready within `timeout` seconds; raises what kept them from it."""
        self._settled.wait(timeout)
        self._raise()
        return self._ready

    def request_stop(self) -> None:
        """Begin the ordered stop; a second call ends everything at once. Fit for signal handlers."""
        if self._stopping.is_set():
            self._hurry.set()
        self._stopping.set()

    def stop(self) -> None:
        """Stop in order and return when nothing runs any more; may be repeated."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def run_forever(self, ready: Callable[[], None] = lambda: None) -> None:
        """Wait until SIGTERM, SIGINT or SIGHUP has stopped everything; call `ready` once when all is up.

        Of the main thread. Raises what kept the processes from being brought or kept up.
        """
        caught = {sent: signal.signal(sent, self._on_signal) for sent in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
        try:
            while not self._settled.wait(1.0):
                pass
            if self._ready:
                ready()
            while not self._finished.wait(1.0):
                pass
        finally:
            for sent, before in caught.items():
                signal.signal(sent, before)
        self._raise()

    def pids(self) -> dict[str, int]:
        """The running processes by name."""
        children = (child for stage in self._stages for child in stage)
        return {child.service.name: process.pid for child in children if (process := child.process)}

    def _on_signal(self, _signal: int, _frame: FrameType | None) -> None:
        self.request_stop()

    def _raise(self) -> None:
        if self._error:
            raise self._error

    def _run(self) -> None:
        try:
            if self._bring_up():
                self._ready = True
                self._settled.set()
                while not self._stopping.wait(_CALM_TICK):
                    self._tick(self._stages)
        except BaseException as error:
            self._error = error
        finally:
            self._stop_all()
            self._finished.set()
            self._settled.set()

    def _bring_up(self) -> bool:
        """Start stage after stage; False when a stop was asked for meanwhile."""
        for count, stage in enumerate(self._stages, start=1):
            deadline = time.monotonic() + STAGE_SECONDS
            while True:
                self._tick(self._stages[:count])
                if all(child.ready for child in stage):
                    break
                if self._stopping.wait(_TICK):
                    return False
                if time.monotonic() > deadline:
                    raise self._late(next(child for child in stage if not child.ready))
        return True

    def _late(self, child: Child) -> StartFailed:
        return StartFailed(
            f"{child.service.name} did not become ready within {STAGE_SECONDS:.0f} s. "
            f"Log {child.log}:\n{logs.tail(child.log)}"
        )

    def _tick(self, stages: Sequence[Sequence[Child]]) -> None:
        for child in (child for stage in stages for child in stage):
            try:
                child.tick()
            except StartFailed:
                raise
            except (RagError, OSError) as error:
                if not self._ready:
                    raise
                child.postpone(str(error))  # a disk that is full now may have room later
        self._reap_orphans()
        if time.monotonic() > self._next_housekeeping:
            self._next_housekeeping = time.monotonic() + _HOUSEKEEPING_SECONDS
            self._housekeeping()
            for child in (child for stage in self._stages for child in stage):
                logs.bound(child.log)

    def _reap_orphans(self) -> None:
        """As process 1 of a container we inherit orphans; they stay zombies unless we wait for them."""
        if os.getpid() != 1:
            return
        ours = set(self.pids().values())
        with contextlib.suppress(ChildProcessError):
            while found := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                # Children of our own session were started by somebody else in this process, who waits for them.
                if found.si_pid in ours or os.getsid(found.si_pid) == os.getsid(0):
                    return
                os.waitpid(found.si_pid, 0)

    def _stop_all(self) -> None:
        for stage in reversed(self._stages):
            for child in stage:
                child.terminate()
            begun = time.monotonic()
            while alive := [child for child in stage if child.alive()]:
                hurry = self._hurry.wait(_TICK)
                for child in alive:
                    if hurry or time.monotonic() - begun > child.service.stop_seconds:
                        child.kill()
