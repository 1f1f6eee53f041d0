"""Zip containers within a budget: no bombs, no traversal, no archives in archives."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Self

from system.errors import DocumentFault, FaultCode


@dataclass(frozen=True, slots=True)
class Budget:
    """What a zip container may cost; real office files stay far below."""

    entries: int = 10_000
    inflated: int = 512 * 1024 * 1024
    """Bytes, of all members together, both as declared and as actually inflated."""
    ratio: int = 200
    """Inflated to packed bytes of a member larger than `ratio_from`; XML packs to 1:100 at the very best."""
    ratio_from: int = 10 * 1024 * 1024
    member: int = 256 * 1024 * 1024
    """Bytes of one member that is read whole: a parsed XML tree takes some five times as many."""


class Archive:
    """A zip file opened within a budget: a context manager.

    Raises `corrupt` for a broken container, `too_large` for one beyond the budget, `encrypted` for a member under
    a password.
    """

    def __init__(self, path: str, name: str, budget: Budget | None = None) -> None:
        self._name = name
        self._budget = budget or Budget()
        self._left = self._budget.inflated
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError) as error:
            raise self._corrupt() from error
        try:
            self._check()
        except DocumentFault:
            self._zip.close()
            raise
        self.members = frozenset(self._zip.namelist())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def read(self, member: str) -> bytes:
        """The bytes of a member, counted against the budget."""
        with self.open(member) as stream:
            data = stream.read(self._budget.member + 1)
        if len(data) > self._budget.member:
            raise self._too_large(f"its part {member} has more than {self._budget.member // 2**20} MiB")
        return data

    @contextmanager
    def open(self, member: str) -> Iterator["CountingReader"]:
        """A member as a stream whose bytes are counted against the budget."""
        try:
            with self._zip.open(member) as stream:
                yield CountingReader(stream, self)
        except KeyError as error:
            raise self._corrupt(f"its part {member} is missing") from error
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
            raise self._corrupt(f"its part {member} is damaged") from error

    def spend(self, count: int) -> None:
        """Count inflated bytes; raise `too_large` when the budget is used up."""
        self._left -= count
        if self._left < 0:
            raise self._too_large(f"it unpacks to more than {self._budget.inflated // 2**20} MiB")

    def _check(self) -> None:
        infos = self._zip.infolist()
        if len(infos) > self._budget.entries:
            raise self._too_large(f"it holds more than {self._budget.entries:,} parts")
        if sum(info.file_size for info in infos) > self._budget.inflated:
            raise self._too_large(f"it unpacks to more than {self._budget.inflated // 2**20} MiB")
        for info in infos:
            self._check_member(info)

    def _check_member(self, info: zipfile.ZipInfo) -> None:
        path = PurePosixPath(info.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts:
            raise self._corrupt(f"its part {info.filename!r} points outside of it")
        if info.file_size > self._budget.ratio_from and info.file_size > self._budget.ratio * info.compress_size:
            raise self._too_large(f"its part {info.filename} unpacks to more than {self._budget.ratio} times its size")
        if info.flag_bits & 1:
            raise DocumentFault(
                FaultCode.ENCRYPTED, f"{self._name} is protected by a password; upload a copy without one."
            )

    def _corrupt(self, why: str = "its container cannot be read") -> DocumentFault:
        return DocumentFault(
            FaultCode.CORRUPT, f"{self._name} is damaged or cut off: {why}. Open it, save it anew and upload the copy."
        )

    def _too_large(self, why: str) -> DocumentFault:
        return DocumentFault(FaultCode.TOO_LARGE, f"{self._name} is too large: {why}. Split it into smaller files.")


class CountingReader:
    """Reads a member and counts what is actually inflated, whatever the directory declared."""

    def __init__(self, stream: IO[bytes], archive: Archive) -> None:
        self._stream = stream
        self._archive = archive

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes; all when negative."""
        data = self._stream.read(size)
        self._archive.spend(len(data))
        return data
