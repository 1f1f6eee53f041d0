"""Log files of child processes: appended to by the children themselves, bounded by whoever watches them."""

import os
import shutil
from pathlib import Path
from typing import BinaryIO

LOG_BYTES = 10 << 20  # of one file; one predecessor of the same size is kept
_TAIL_BYTES = 8192


def open_log(path: Path) -> BinaryIO:
    """The log file at `path`, to append to; its owner alone may read it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600), "ab")


def size(path: Path) -> int:
    """Bytes of the file, 0 when there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def tail(path: Path, *, since: int = 0, lines: int = 15) -> str:
    """The last lines that were written from byte `since` on."""
    if size(path) <= since:
        return "(empty)"
    with path.open("rb") as file:
        file.seek(max(since, size(path) - _TAIL_BYTES))
        text = file.read().decode(errors="replace").strip()
    return "\n".join(text.splitlines()[-lines:]) or "(empty)"


def bound(path: Path, limit: int = LOG_BYTES) -> None:
    """Move what a log holds beyond `limit` to `<name>.1`. Children go on writing: they append to the emptied file.

    Lines written between the copy and the emptying are lost; that is the price for writers that know of nothing.
    """
    if size(path) <= limit:
        return
    previous = path.with_name(f"{path.name}.1")
    shutil.copyfile(path, previous)
    previous.chmod(0o600)
    os.truncate(path, 0)
