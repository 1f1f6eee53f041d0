"""The parser child's life: started when needed, reused while healthy, killed when it must be.

Documents of strangers are parsed in a process of their own, without network, environment or the right to start
others, within limits of memory and time. Whatever a document does to it ends as a `DocumentFault` of that document.
"""

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeVar

from documents.parser_process import Guard, Limits, ParseInterrupted, ParserProcess
from documents.parsers.base import Cursor, Picture, Window
from documents.parsers.wire import WireError, as_picture, as_window, message
from system.errors import DocumentFault, FaultCode, Unavailable

__all__ = ["Limits", "ParseInterrupted", "Sandbox"]

log = logging.getLogger(__name__)

Result = TypeVar("Result")

_COMMAND = (sys.executable, "-B", "-s", "-m", "documents.parsers.child")
_TEXT_OF_A_BYTE = 4
"""Characters of text that a byte of a file may give, beside `Limits.text`: JSON lines are written with long paths."""
_TEXT_OF_A_WINDOW = 1024
"""Characters that a window counts for at least, so that a child that goes on sending none comes to an end, too."""
_CODES = frozenset(value for key, value in vars(FaultCode).items() if key.isupper())


class Sandbox:
    """Parses documents in a child process; a context manager, one for each worker, used by one thread.

    The child dies with the thread that first called `windows`. `kill` may be called from any thread.
    """

    def __init__(self, limits: Limits | None = None, *, command: Sequence[str] = _COMMAND) -> None:
        self._limits = limits or Limits()
        self._command = command
        self._child: ParserProcess | None = None
        self._turn: object = None
        """Whose windows the child is asked for."""
        self._killed = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """Process id of the child; None while there is none."""
        child = self._child
        return child.process.pid if child else None

    def windows(
        self,
        path: str,
        *,
        name: str,
        config: Mapping[str, Any],
        cursor: Cursor | None = None,
        alive: Callable[[], bool],
        timeout: float,
    ) -> Generator[Window]:
        """Parse the file at `path` from `cursor` on, window by window, each within `timeout` seconds.

        `alive` is asked at least every 0.1 s; when it says no, or `kill` is called, the child is killed and
        ParseInterrupted raised. Raises `DocumentFault` for whatever else keeps the document from being parsed, and
        `Unavailable` when no child can be started. After a fault, another call may go on from the last window's cursor.

        The child keeps the file open from one window to the next; where it has grown too large, died meanwhile, or
        opened another file, the file is opened anew. An iterator that is left before its end ends the child.
        """
        turn, after, total = object(), -1, None
        room = self._limits.text + _TEXT_OF_A_BYTE * _size(path)
        ended = False
        try:
            while not ended:
                request: dict[str, Any] = {"name": name}
                if self._turn is not turn or self._child is None or not self._child.is_alive:
                    request |= {"path": path, "config": dict(config), "cursor": cursor}
                understood = partial(_window, after=after, total=total)
                window = self._ask(request, understood, alive=alive, timeout=timeout)
                self._turn, after, total, cursor = turn, window.done, window.total, window.cursor
                room -= max(len(window.parsed.text), _TEXT_OF_A_WINDOW)
                if room < 0:
                    raise DocumentFault(
                        FaultCode.TOO_LARGE,
                        f"{name} holds more text than fits one document; split it into smaller files.",
                    )
                ended = cursor is None
                yield window
        finally:
            if not ended and self._turn is turn:
                self.close()

    def draw(self, path: str, *, name: str, side: int, alive: Callable[[], bool], timeout: float) -> Picture | None:
        """The first page of the file at `path`, at most `side` pixels wide and high; None for formats without pages.

        Drawn on its own, so that a page that takes the child down takes no text with it. Asks and raises as `windows`.
        """
        request = {"path": path, "name": name, "side": side}
        return self._ask(
            request, lambda answer: as_picture(answer.get("picture"), side=side), alive=alive, timeout=timeout
        )

    def _ask(
        self,
        request: Mapping[str, Any],
        understood: Callable[[Mapping[str, Any]], Result],
        *,
        alive: Callable[[], bool],
        timeout: float,
    ) -> Result:
        """What the child answers; unless it comes out of that healthy, it is ended."""
        self._killed.clear()
        name = request["name"]
        guard = Guard(name, time.monotonic() + timeout, timeout, alive, self._killed)
        healthy = False
        try:
            child = self._ready_child(guard)
            answer = child.ask(message(request), guard)
            _raise_fault(answer, name)
            result = understood(answer)
            child.documents += "config" in request  # the picture is one of a document that is parsed, too
            healthy = child.documents < self._limits.documents and child.resident() < self._limits.resident
            return result
        except WireError as error:
            log.warning("parser child sent garbage for %s: %s", name, error)
            raise DocumentFault(
                FaultCode.CRASHED,
                f"The parser of {name} broke down and sent a result that cannot be read; save the file anew and try "
                "again.",
                retry=True,
            ) from error
        finally:
            if not healthy:
                self.close()

    def kill(self) -> None:
        """Kill the child, if there is one, and interrupt the parse that is going on."""
        self._killed.set()
        if child := self._child:
            child.kill()

    def close(self) -> None:
        """End the child and reap it; the next `windows` starts a new one."""
        child, self._child, self._turn = self._child, None, None
        if child:
            child.close()

    def _ready_child(self, guard: Guard) -> ParserProcess:
        if self._child is None or not self._child.is_alive:
            self.close()
            self._child = ParserProcess(self._command, self._limits)
            hello = {
                "parent": os.getpid(),
                "memory": self._limits.memory,
                "cpu": self._limits.cpu,
                "open_files": self._limits.open_files,
                "file_bytes": self._limits.file_bytes,
            }
            start = Guard(guard.name, time.monotonic() + self._limits.start, 0, guard.alive, guard.killed)
            try:
                granted = self._child.ask(message(hello), start).get("ready")
            except DocumentFault as fault:  # no document was opened yet, so none is to blame
                raise Unavailable(
                    "The parser process cannot be started; the log says why. Check that the installation is whole and "
                    "that memory is left."
                ) from fault
            log.debug("parser child %s runs confined by %s", self.pid, granted)
        return self._child


def _size(path: str) -> int:
    """Bytes of the file; 0 where it is not there, as the child will say."""
    try:
        return Path(path).stat().st_size
    except OSError:
        return 0


def _window(answer: Mapping[str, Any], *, after: int, total: int | None) -> Window:
    return as_window(answer.get("window"), after=after, total=total)


def _raise_fault(answer: Mapping[str, Any], name: str) -> None:
    """Raise the fault of an answer, if it tells of one; WireError for a fault that is none."""
    fault = answer.get("fault")
    if fault is None:
        return
    if not isinstance(fault, dict) or fault.get("code") not in _CODES or not isinstance(fault.get("message"), str):
        raise WireError("no fault either")
    if trace := fault.get("trace"):
        log.error("the parser failed on %s:\n%s", name, str(trace)[:4096])
    raise DocumentFault(fault["code"], fault["message"][:1000].replace("\0", ""), retry=fault.get("retry") is True)
