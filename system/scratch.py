"""Files under way, in a folder of each process that goes when the process has gone, however it ended.

A process holds a lock on its folder, and the kernel lets go of it even where the process is killed. So a folder that
can be locked belongs to nobody, and whoever comes across it removes it.
"""

import fcntl
import os
import shutil
import tempfile
import threading
from pathlib import Path

from django.conf import settings

_held: "tuple[Path, int] | None" = None  # the folder of this process, and the descriptor that has its lock
_making = threading.Lock()


def folder() -> Path:
    """The folder of this process below RAG_SCRATCH_DIR; made at its first use, when those of the dead are removed."""
    global _held
    root = Path(settings.RAG_SCRATCH_DIR)
    with _making:
        if _held is None or _held[0].parent != root or not _held[0].is_dir():
            _let_go()
            clear()
            _held = _made(root)
        return _held[0]


def clear() -> int:
    """Remove the folders of processes that have ended; returns how many. Any number of processes may do it."""
    root = Path(settings.RAG_SCRATCH_DIR)
    return sum(map(_removed, root.iterdir())) if root.is_dir() else 0


def _made(root: Path) -> tuple[Path, int]:
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    while True:
        path = Path(tempfile.mkdtemp(dir=root))
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:  # another process took it for one of the dead, before it was locked
            continue
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if path.is_dir():
            return path, descriptor
        os.close(descriptor)


def _removed(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:  # gone meanwhile, a file, or another user's: none that this process could take
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(path, ignore_errors=True)
    except BlockingIOError:  # its process lives
        return False
    finally:
        os.close(descriptor)
    return True


def _let_go() -> None:
    global _held
    if _held is not None:
        os.close(_held[1])
        _held = None


def _forget() -> None:
    """What a forked process inherits is its parent's; the lock must not outlive that one."""
    global _making
    _making = threading.Lock()
    _let_go()


os.register_at_fork(after_in_child=_forget)
