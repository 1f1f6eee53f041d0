"""One parser process: its pipes, its death, and what that says about the document."""

import logging
import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from documents.parsers.wire import HEADER_BYTES, WireError, content_of
from system.errors import DocumentFault, FaultCode, Unavailable

log = logging.getLogger(__name__)

POLL = 0.05
"""Seconds between two looks at whether the answer is still wanted."""
_ROOT = Path(__file__).resolve().parents[1]
_NO_MEMORY = (b"memory allocation of", b"bad_alloc", b"MemoryError", b"out of memory", b"Cannot allocate memory")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a parser child may use."""

    memory: int = 1024**3
    """Address space, bytes."""
    cpu: int = 300
    """CPU time of one window, seconds."""
    open_files: int = 64
    file_bytes: int = 0
    """Size of a file it may write, bytes; parsers write none."""
    result: int = 256 * 1024**2
    """Size of a window on the pipe, bytes."""
    text: int = 64 * 1024**2
    """Characters of all windows of a document, beside those that the size of its file allows."""
    documents: int = 200
    """Documents after which the child is replaced."""
    resident: int = 512 * 1024**2
    """Resident memory after a document, bytes, above which the child is replaced."""
    start: float = 30.0
    """Seconds a new child may take until it is ready."""


class ParseInterrupted(Exception):
    """The parse is no longer wanted: the task was canceled or taken over; the child is gone."""


@dataclass(frozen=True, slots=True)
class Guard:
    """Until when, and whether at all, an answer is waited for."""

    name: str
    deadline: float
    timeout: float
    alive: Callable[[], bool]
    killed: threading.Event

    def check(self) -> None:
        """Raise when the answer is not wanted any more or overdue."""
        if self.killed.is_set() or not self.alive():
            raise ParseInterrupted(self.name)
        if time.monotonic() > self.deadline:
            raise DocumentFault(
                FaultCode.TIMEOUT,
                f"Parsing {self.name} took longer than {self.timeout:g} s and was stopped; split the file.",
                retry=True,
            )


class ParserProcess:
    """A running parser child and its pipes."""

    def __init__(self, command: Sequence[str], limits: Limits) -> None:
        self._limits = limits
        self.documents = 0
        try:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={"PYTHONPATH": str(_ROOT), "LANG": "C.UTF-8"},
                cwd="/",
                process_group=0,  # a session of its own would not be as nice as ours (sched_autogroup)
            )
        except OSError as error:
            raise Unavailable(f"The parser process cannot be started: {error.strerror}.") from error
        self._pipes = [pipe for pipe in (self.process.stdin, self.process.stdout, self.process.stderr) if pipe]
        for pipe in self._pipes:
            os.set_blocking(pipe.fileno(), False)
        self._stdin, self._stdout, self._stderr = (pipe.fileno() for pipe in self._pipes)
        self._said = b""

    def ask(self, request: bytes, guard: Guard) -> Mapping[str, Any]:
        """Send a message and return the answer; raises what `guard` raises, DocumentFault, WireError."""
        answer = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(self._stdin, selectors.EVENT_WRITE)
            selector.register(self._stdout, selectors.EVENT_READ)
            selector.register(self._stderr, selectors.EVENT_READ)
            while not self._is_whole(answer, guard.name):
                guard.check()
                for key, _ in selector.select(POLL):
                    if key.fd == self._stdin:
                        request = self._write(request)
                        if not request:
                            selector.unregister(self._stdin)
                    elif not self._read(key.fd, answer):
                        selector.unregister(key.fd)
                        if key.fd == self._stdout:
                            guard.check()
                            raise self._death(guard.name)
        return content_of(bytes(answer[HEADER_BYTES:]))

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return self.process.poll() is None

    def resident(self) -> int:
        """Resident memory, bytes."""
        try:
            pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        except (OSError, IndexError, ValueError):
            return self._limits.resident
        return pages * os.sysconf("SC_PAGE_SIZE")

    def kill(self) -> None:
        """Kill the child and whatever is left of its process group."""
        if self.process.poll() is None:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                self.process.kill()

    def close(self) -> None:
        """Kill and reap the child, close the pipes."""
        self.kill()
        self.process.wait()
        for pipe in self._pipes:
            pipe.close()

    def _is_whole(self, answer: bytearray, name: str) -> bool:
        if len(answer) < HEADER_BYTES:
            return False
        length = int.from_bytes(answer[:HEADER_BYTES], "big")
        if length > self._limits.result:
            raise DocumentFault(
                FaultCode.TOO_LARGE,
                f"{name} holds more text than fits one document ({self._limits.result // 2**20} MiB); split it.",
            )
        if len(answer) > HEADER_BYTES + length:
            raise WireError("more than one answer")
        return len(answer) == HEADER_BYTES + length

    def _write(self, request: bytes) -> bytes:
        """What is left of the request after writing some of it; nothing when the child has closed its end."""
        try:
            return request[os.write(self._stdin, request) :]
        except BlockingIOError:
            return request
        except BrokenPipeError:
            return b""

    def _read(self, pipe: int, answer: bytearray) -> bool:
        """Take in what a pipe holds; False at its end."""
        try:
            data = os.read(pipe, 1 << 20)
        except BlockingIOError:
            return True
        if pipe == self._stdout:
            answer += data
        else:
            self._said = (self._said + data)[-4096:]
        return bool(data)

    def _death(self, name: str) -> DocumentFault:
        """Why the child closed its pipe, told from its exit and its last words."""
        try:
            status = self.process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            self.kill()
            status = self.process.wait()
        self._read(self._stderr, bytearray())
        log.warning("parser child ended with %s on %s: %s", status, name, self._said.decode("utf-8", "replace"))
        if status == -signal.SIGXCPU:
            text = f"Parsing {name} used more than {self._limits.cpu} s of processor time; split it into smaller files."
            return DocumentFault(FaultCode.TIMEOUT, text, retry=True)
        if status == -signal.SIGKILL or any(sign in self._said for sign in _NO_MEMORY):
            text = f"Parsing {name} needs more memory than a document may use; split it into smaller files."
            return DocumentFault(FaultCode.OUT_OF_MEMORY, text, retry=True)
        how = signal.Signals(-status).name if status < 0 else f"exit code {status}"
        text = f"The parser crashed on {name} ({how}); the file may be damaged: save it anew or convert it to PDF."
        return DocumentFault(FaultCode.CRASHED, text, retry=True)
