"""The parser child: a process that reads one document after another for `documents.sandbox`.

Started as `python -m documents.parsers.child`; it reads requests from stdin and answers on what was stdout. The first
message holds its limits. It imports neither Django nor models, and the parsers only when they are used.
"""

import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Any

from documents.parsers.base import Painter, Reader, Window
from documents.parsers.confinement import allow_cpu, confine
from documents.parsers.wire import HEADER_BYTES, content_of, message, picture_content, window_content
from system.errors import DocumentFault, FaultCode


def serve(reader: Reader, *, painter: Painter, leave: Callable[[int], None] = sys.exit) -> None:
    """Answer requests with what `reader` and `painter` make of them until stdin ends."""
    requests, answers = _pipes()
    limits = _next(requests)
    if limits is None:
        return
    granted = confine(
        parent=limits["parent"],
        memory=limits["memory"],
        open_files=limits["open_files"],
        file_bytes=limits["file_bytes"],
    )
    _answer(answers, {"ready": granted})
    desk = _Desk(reader, painter)
    while (request := _next(requests)) is not None:
        allow_cpu(limits["cpu"])
        _answer(answers, desk.outcome(request))
    leave(0)


def _pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Stdin and stdout for the messages alone; whatever else prints goes to stderr."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return os.fdopen(os.dup(0), "rb"), answers


def _next(requests: IO[bytes]) -> Mapping[str, Any] | None:
    header = requests.read(HEADER_BYTES)
    return content_of(requests.read(int.from_bytes(header, "big"))) if len(header) == HEADER_BYTES else None


def _answer(answers: IO[bytes], content: Mapping[str, Any]) -> None:
    answers.write(message(content))
    answers.flush()


class _Desk:
    """Answers requests; keeps the file open whose windows are being asked for."""

    def __init__(self, reader: Reader, painter: Painter) -> None:
        self._reader = reader
        self._painter = painter
        self._windows: Iterator[Window] = iter(())

    def outcome(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """The answer to a request; every exception becomes a fault, for this process is the edge."""
        name = request["name"]
        try:
            return self._answer(request)
        except DocumentFault as fault:
            return _fault(fault.fault, fault.message, retry=fault.retry)
        except MemoryError:
            return _fault(
                FaultCode.OUT_OF_MEMORY,
                f"{name} needs more memory than a document may use; split it into smaller files.",
            )
        except RecursionError:
            return _fault(FaultCode.TOO_LARGE, f"{name} is nested too deeply to be read; simplify it.")
        except FileNotFoundError:
            return _fault(FaultCode.CRASHED, f"The stored file of {name} could not be opened; try again.", retry=True)
        except Exception as error:
            message_ = f"The parser failed on {name} ({type(error).__name__}); save the file anew or convert it to PDF."
            return _fault(FaultCode.CRASHED, message_, trace=traceback.format_exc()[-4000:])

    def _answer(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        name = request["name"]
        if "side" in request:
            return {"picture": picture_content(self._painter(request["path"], name=name, side=request["side"]))}
        if "cursor" in request:  # a new file, or a place in one; without it, the next window of the file that is open
            self._windows = self._reader(request["path"], name=name, config=request["config"], cursor=request["cursor"])
        window = next(self._windows)
        if window.cursor is None:
            self._windows = iter(())  # the last one; closes the file
        return {"window": window_content(window)}


def _fault(code: str, text: str, *, retry: bool = False, trace: str = "") -> Mapping[str, Any]:
    clean = text.encode("utf-8", "replace").decode("utf-8")
    trace = trace.encode("utf-8", "replace").decode("utf-8")
    return {"fault": {"code": code, "message": clean, "retry": retry, "trace": trace}}


if __name__ == "__main__":
    from documents.parsers import draw, windows

    serve(windows, painter=draw)
