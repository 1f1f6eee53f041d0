"""The parser child, and deeds that no file known to us makes a parser do: a file that begins with DEED names one."""

import os
import sys
import time
from pathlib import Path

from documents import parsers
from documents.parsers.child import serve
from tests.documents.poison import DEEDS

DEED = b"deed: "


def _hungry():
    """Take memory and use it, until there is no more."""
    held = []
    while True:
        held.append(bytearray(b"x") * (16 << 20))
        time.sleep(0.01)


def _fork_bomb():
    """Double until somebody says no."""
    while True:
        os.fork()


ALL = DEEDS | {"hungry": _hungry, "fork bomb": _fork_bomb}


def windows(path, *, name, config, cursor):
    """Do the deed that the file names, or parse it."""
    with Path(path).open("rb") as file:
        begin = file.read(64)
    if begin.startswith(DEED):
        ALL[begin.removeprefix(DEED).decode()]()
    return parsers.windows(path, name=name, config=config, cursor=cursor)


if __name__ == "__main__":
    sys.setrecursionlimit(10_000)
    serve(windows, painter=parsers.draw)
