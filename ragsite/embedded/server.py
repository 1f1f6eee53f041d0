"""What the embedded servers have in common: ensure that one answers, and stop it.

One lock per server is held by whoever starts it and from then on by the server itself, with all its children: a second
server on the same data cannot start, also not from another container, and nothing depends on process ids.
"""

import contextlib
import hashlib
import os
import signal
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

import psutil  # type: ignore[import-untyped]

from ragsite.embedded import locks, logs, sockets
from ragsite.embedded.launching import Launch
from ragsite.embedded.locks import Lock
from system.errors import RagError, Unavailable

START_SECONDS = 120.0  # crash recovery may take that long
STOP_SECONDS = 60.0
_TRIES = 3  # starts that end by themselves before it is called a failure
_PAUSE = 0.02  # seconds between two looks
_KILL_SECONDS = 10.0


class Busy(RagError):
    """Another process is starting or running this server just now."""


class Server(ABC):
    """One embedded server: its place on disk and how it is asked, launched and recognised."""

    name: ClassVar[str]
    stop_signal: ClassVar[signal.Signals]  # ends it in order
    kill_signal: ClassVar[signal.Signals]  # ends it at once

    def __init__(self, data_dir: Path, folder: str, *, data: str, socket: str) -> None:
        self.data_dir = data_dir.resolve()
        self.home = self.data_dir / folder
        self.data = self.home / data
        self.socket = sockets.address(self.data, socket)
        self.log = self.data_dir / "logs" / f"{folder}.log"
        self.mark = f"ragsite-{hashlib.sha256(os.fsencode(self.home)).hexdigest()[:12]}"

    @abstractmethod
    def answers(self) -> bool:
        """Whether it serves requests now; asked over its socket, within about a second."""

    @abstractmethod
    def launch(self, lock: Lock) -> Launch:
        """Make everything ready for a start (the data too, if there are none yet); called with the lock in hand."""

    @abstractmethod
    def owns(self, argv: list[str]) -> bool:
        """Whether a process with this command line is our program serving our data."""

    def make_reachable(self) -> None:
        """See to it that clients find its socket; may be repeated."""
        sockets.make_reachable(self.data, self.socket.name)

    def take(self) -> Lock | None:
        """The right to start it, or None while it runs or somebody starts it."""
        return Lock.take(self.home / "lock")

    def held(self) -> bool:
        """Whether it, a child of it, or somebody who starts it is alive."""
        return locks.held(self.home / "lock")

    def process(self) -> psutil.Process | None:
        """Its live, non-zombie main process."""
        found: dict[int, tuple[psutil.Process, int]] = {}
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):  # gone meanwhile, or not ours to see
                argv = process.cmdline()
                if argv and self.owns(argv) and process.status() != psutil.STATUS_ZOMBIE:
                    # The parent at once: a child that has ended by the time it is asked would pass for the server.
                    found[process.pid] = process, process.ppid()
        return next((process for process, parent in found.values() if parent not in found), None)

    def clear_the_way(self) -> None:
        """End a server whose data were removed under it. Called with the lock in hand.

        Raises Busy where a server runs on data that are there: one that was started by hand, without our lock.
        """
        other = self.process()
        if other is None:
            return
        if _has_data(other):
            raise Busy(f"{self.name} runs on {self.data} already")
        _send(other, self.kill_signal)
        try:
            other.wait(_KILL_SECONDS)
        except psutil.TimeoutExpired:
            raise self.failure(f"of data that were removed does not end (process {other.pid})") from None

    def failure(self, reason: str, *, since: int = 0) -> Unavailable:
        """The error that says why, with the end of what the log says from byte `since` on."""
        return Unavailable(f"{self.name} {reason}. Log {self.log}:\n{logs.tail(self.log, since=since)}")


def ensure(server: Server, *, timeout: float = START_SECONDS) -> None:
    """Return when `server` answers; start it if nobody else does. Any number of processes may call this at once.

    While `manage.py up` runs on the same data it alone starts servers, and this waits for it. Raises Unavailable with
    the end of the log when the server does not answer within `timeout` seconds or ends at each of three starts.
    """
    deadline = time.monotonic() + timeout
    since = logs.size(server.log)
    starts = 0
    server.make_reachable()
    while not server.answers():
        if not supervised(server.data_dir) and (lock := server.take()):
            with lock:
                if server.answers():
                    return
                if starts == _TRIES:
                    raise server.failure(f"ended {starts} times while it was being started", since=since)
                starts += _start(server, lock)
        if time.monotonic() > deadline:
            raise server.failure(f"did not answer within {timeout:.0f} seconds", since=since)
        time.sleep(_PAUSE)


def _start(server: Server, lock: Lock) -> int:
    try:
        launch = server.launch(lock)
    except Busy:
        return 0
    with logs.open_log(server.log) as log:
        launch.detach(output=log)
    return 1


def stop(server: Server, *, timeout: float = STOP_SECONDS) -> bool:
    """End `server` in order, and by force after `timeout` seconds; returns whether there was one.

    Raises Unavailable when it cannot be ended from here, as when it runs in another container.
    """
    if not _lives(server):
        return False
    for sent, patience in ((server.stop_signal, timeout), (server.kill_signal, _KILL_SECONDS)):
        told: psutil.Process | None = None
        deadline = time.monotonic() + patience
        while _lives(server):
            if told is None and (told := server.process()):
                _send(told, sent)
            if time.monotonic() > deadline:
                break
            time.sleep(_PAUSE)
        else:
            return True
    raise server.failure(f"does not stop, or runs where it cannot be seen from here (lock: {server.home / 'lock'})")


def supervised(data_dir: Path) -> bool:
    """Whether `manage.py up` runs on these data."""
    return locks.held(up_lock(data_dir))


def up_lock(data_dir: Path) -> Path:
    """The file that `manage.py up` keeps locked while it runs, and that holds its pid."""
    return data_dir.resolve() / "up.lock"


def _lives(server: Server) -> bool:
    # The lock is enough for servers that we started; one started by hand on our data holds none.
    return server.held() or server.process() is not None


def _send(process: psutil.Process, sent: signal.Signals) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(sent)


def _has_data(process: psutil.Process) -> bool:
    """Whether the working directory of a server, which is that of its data, has not been removed."""
    try:
        return Path(f"/proc/{process.pid}/cwd").stat().st_nlink > 0
    except OSError:  # gone meanwhile, or not ours to see
        return True
