"""Stopping a site from another process."""

import os
import signal
import time
from pathlib import Path

from ragsite.embedded.server import supervised, up_lock
from system.errors import Unavailable

STOP_SECONDS = 90.0  # web, workers, sweeper and servers, one after the other
_PAUSE = 0.05


def stop_site(data_dir: Path, *, timeout: float = STOP_SECONDS) -> bool:
    """Ask the `manage.py up` of these data to stop and wait until it has; returns whether there was one.

    Raises Unavailable when it does not stop in time, or runs where it cannot be seen from here.
    """
    deadline = time.monotonic() + timeout
    told: int | None = None
    while supervised(data_dir):
        if told is None and (told := _holder(up_lock(data_dir))) is not None:
            os.kill(told, signal.SIGTERM)
        if time.monotonic() > deadline:
            who = f"process {told} does not stop" if told else "it runs where it cannot be seen from here"
            raise Unavailable(f"The site on {data_dir} is still running: {who} (lock: {up_lock(data_dir)}).")
        time.sleep(_PAUSE)
    return told is not None


def _holder(lock: Path) -> int | None:
    """The process that the lock file names, if it has that file open: a pid alone may be another's by now."""
    try:
        pid = int(lock.read_text())
        opened = list(Path(f"/proc/{pid}/fd").iterdir())
        return pid if any(_same(path, lock) for path in opened) else None
    except (ValueError, OSError):
        return None


def _same(path: Path, lock: Path) -> bool:
    try:
        return path.samefile(lock)
    except OSError:
        return False
