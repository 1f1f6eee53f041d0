"""Several long-lived processes forked from one, so that the memory of all that it imported is there once.

A worker and the sweeper import the same 60 MB of Django each; forked from one process they share them.
"""

import ctypes
import gc
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn

from django.db import connections

from system.workers import die_with_parent

log = logging.getLogger(__name__)

FIRST_PAUSE = 0.2  # seconds before a member that ended is started again; doubles
LONGEST_PAUSE = 30.0
STABLE_SECONDS = 30.0  # after that long an end is the first one again
_DOUBLINGS = 8  # are past LONGEST_PAUSE
_TICK = 0.1
_PR_SET_NAME = 15  # prctl(2)
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@dataclass(slots=True)
class _Member:
    """One of the crew: its process, when it was started, and how often in a row it has ended since."""

    work: Callable[[], object]
    pid: int = 0
    started: float = 0.0
    due: float = 0.0
    ends: int = 0


class Crew:
    """Keeps `members` running, a forked process each; of a main thread, with no other thread and no connection open."""

    def __init__(self, members: Mapping[str, Callable[[], object]]) -> None:
        self._members = {name: _Member(work) for name, work in members.items()}
        self._stop = threading.Event()

    def run(self) -> None:
        """Start all, and start again what ends, until SIGTERM or SIGINT; then ask all to end and wait for them."""
        connections.close_all()
        gc.collect()
        gc.freeze()  # the collector would write to pages that are shared
        before = {sent: signal.signal(sent, lambda *_: self._stop.set()) for sent in _SIGNALS}
        try:
            while not self._stop.wait(_TICK):
                self._tick()
            self._end()
        finally:
            for sent, handler in before.items():
                signal.signal(sent, handler)

    def _tick(self) -> None:
        self._reap()
        now = time.monotonic()
        for name, member in self._members.items():
            if not member.pid and now >= member.due:
                member.pid, member.started = self._fork(name, member), now

    def _reap(self) -> None:
        for name, member in self._members.items():
            if member.pid and (found := os.waitpid(member.pid, os.WNOHANG))[0]:
                member.pid = 0
                lived = time.monotonic() - member.started
                member.ends = 1 if lived > STABLE_SECONDS else member.ends + 1
                wait = pause(member.ends)
                member.due = time.monotonic() + wait
                code = os.waitstatus_to_exitcode(found[1])
                log.warning("%s ended (%s) and is started again in %.1f s", name, code, wait)

    def _end(self) -> None:
        for member in self._members.values():
            if member.pid:
                os.kill(member.pid, signal.SIGTERM)
        for member in self._members.values():
            if member.pid:
                os.waitpid(member.pid, 0)
                member.pid = 0

    def _fork(self, name: str, member: _Member) -> int:
        parent = os.getpid()
        # Held back until the member has handlers of its own: ours would swallow it there, and nobody would ask again.
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            return os.fork() or _live(name, member.work, parent)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)


def pause(ends: int) -> float:
    """Seconds before a member that ended for the `ends`-th time in a row is started again."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(ends - 1, _DOUBLINGS))


def _live(name: str, work: Callable[[], object], parent: int) -> NoReturn:
    """The life of a member: never returns into the code that forked it."""
    code = 1
    try:
        die_with_parent(parent)
        _call_oneself(name)
        for sent in _SIGNALS:
            signal.signal(sent, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        work()
        code = 0
    except BaseException:
        log.exception("%s failed", name)
    finally:
        logging.shutdown()
        os._exit(code)


def _call_oneself(name: str) -> None:
    """Have `ps` and `top` show `name` (its first 15 bytes): the members' command lines are all the same."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_NAME, name.encode())
