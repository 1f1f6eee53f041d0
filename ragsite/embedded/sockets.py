"""Socket paths that fit: a Unix socket's address holds 107 bytes, a checkout may lie deeper than that."""

import contextlib
import hashlib
import os
import stat
from pathlib import Path

from system.errors import Misconfigured

_LONGEST = 103  # bytes; sockaddr_un holds 107 on Linux, 103 on macOS


def address(directory: Path, name: str) -> Path:
    """The path by which clients reach socket `name` in `directory`: that one, or by way of a short alias. Pure."""
    path = directory / name
    if len(os.fsencode(path)) <= _LONGEST:
        return path
    return _alias(directory) / name


def make_reachable(directory: Path, name: str) -> None:
    """Make the alias that `address` names, if it names one; may be repeated.

    A symbolic link in a folder of our own: the server needs no right there, since it binds by a relative path.
    Raises Misconfigured when somebody else has that folder.
    """
    if address(directory, name).parent == directory:
        return
    alias = _alias(directory)
    alias.parent.mkdir(mode=0o700, exist_ok=True)
    found = alias.parent.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise Misconfigured(
            f"{alias.parent} is needed for sockets, because {directory} is too long a path for them, but it is not "
            "a private folder of this user. Remove it, or set RAGSITE_DATA_DIR to a shorter path."
        )
    with contextlib.suppress(FileExistsError):  # the folder is ours alone and the name a digest: the same link
        alias.symlink_to(directory)


def _alias(directory: Path) -> Path:
    digest = hashlib.sha256(os.fsencode(directory)).hexdigest()[:16]
    return Path(f"/tmp/ragsite-{os.getuid()}") / digest  # noqa: S108 -- short, and its owner is checked
