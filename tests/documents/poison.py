"""A parser child that misbehaves as the document's first line says; speaks the protocol of documents.parsers.child."""

import ctypes
import os
import signal
import socket
import sys
import time
from pathlib import Path

from documents.parsers.base import Block, BlockKind, Parsed, Picture, Window
from documents.parsers.child import serve


def _fork() -> str:
    made = 0
    try:
        for _ in range(10_000):
            if os.fork() == 0:
                time.sleep(30)
                os._exit(0)
            made += 1
    except OSError as error:
        return f"{made} children, then {type(error).__name__}"
    return f"{made} children"


def _connect() -> None:
    socket.create_connection(("127.0.0.1", 9), timeout=2).close()


def _outcome(deed, *args) -> str:
    """What comes of a deed that should be refused."""
    try:
        deed(*args)
    except OSError as error:
        return type(error).__name__
    return "done"


def _spin() -> str:
    while True:
        pass


def _stretch() -> str:
    return len(b"x" * (4 * 1024**3)) * "x"


DEEDS = {
    "segfault": lambda: ctypes.string_at(8),
    "abort": os.abort,
    "exit": lambda: os._exit(3),
    "spin": _spin,
    "allocate": _stretch,
    "killed": lambda: signal.raise_signal(signal.SIGKILL),
    "kill": lambda: _outcome(os.kill, os.getppid(), 0),
    "fork": _fork,
    "connect": lambda: _outcome(_connect),
    "exec": lambda: _outcome(os.execv, "/bin/true", ["true"]),
    "write": lambda: _outcome(Path("/tmp/ragsite-poison").write_text, "x"),
    "environment": lambda: " ".join(sorted(os.environ)),
    "garbage": lambda: os.write(3, b"\0\0\0\0\0\0\0\5hello") and time.sleep(60),
    "endless": lambda: os.write(3, (1 << 50).to_bytes(8, "big")) and time.sleep(60),
    "outside": lambda: Parsed("abc", (Block(BlockKind.TEXT, 0, 99),)),
    "huge": lambda: "x" * (3 * 1024**2),
    "grow": lambda: str(len(GROWN.append(b"x" * 64 * 1024**2) or GROWN)),
    "print": lambda: print("noise on stdout", flush=True) or "fine",
    "raise": lambda: [][0],
    "nap": lambda: time.sleep(0.6) or "rested",
    "pid": lambda: str(os.getpid()),
    "still": lambda: Window(Parsed("a", ()), {"at": 0}, "pages", 0, 9),
    "beyond": lambda: Window(Parsed("a", ()), {"at": 1}, "pages", 10, 9),
    "sprawl": lambda: Window(Parsed("a", ()), {"at": "x" * 300_000}, "pages", 1, 9),
    "nul": lambda: Window(Parsed("a", ()), {"at": "\0"}, "pages", 1, 9),
}
GROWN: list[bytes] = []


def windows(path, *, name, config, cursor):
    """Do the deeds, a word each; what each says becomes a window."""
    deeds = Path(path).read_text().split()
    for number in range(cursor["at"] if cursor else 0, len(deeds)):
        result = DEEDS[deeds[number]]()
        if not isinstance(result, Window):
            parsed = result if isinstance(result, Parsed) else Parsed(result, (Block(BlockKind.TEXT, 0, len(result)),))
            last = number + 1 == len(deeds)
            result = Window(parsed, None if last else {"at": number + 1}, "pages", number + 1, len(deeds))
        yield result


PICTURES = {
    "small": Picture(2, 1, b"abcdef"),
    "large": Picture(300, 1, b"abc" * 300),
    "flat": Picture(2, 0, b""),
    "short": Picture(2, 2, b"abc"),
    "long": Picture(1, 1, b"abcabc"),
}


def draw(path, *, name, side):
    """Hand out the picture, or do the deed: not every one of them is a picture."""
    deed = Path(path).read_text().strip()
    return PICTURES[deed] if deed in PICTURES else DEEDS[deed]()


if __name__ == "__main__":
    sys.setrecursionlimit(10_000)
    serve(windows, painter=draw)
