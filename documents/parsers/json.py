"""JSON and JSON lines: every record a block of `path: value` lines."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import ijson
import orjson

from documents.filetypes import suffix_of
from documents.parsers.base import BlockKind, Cursor, Window
from documents.parsers.decoding import decode, read_bytes
from documents.parsers.stretches import STRETCH
from documents.parsers.writer import Writer, one_line
from system.errors import DocumentFault, FaultCode

STREAM_FROM = 20 * 1024 * 1024
"""Bytes above which a file is streamed: as Python objects JSON takes some ten times its size."""
MAX_BYTES = 512 * 1024 * 1024
"""Bytes of a JSON file: it is read at once, for its records lie anywhere."""
MAX_LINE = 32 * 1024 * 1024
"""Bytes of a line of JSON lines."""
MAX_DEPTH = 128
"""Deepest nesting that is read; real records stay below 20."""
MAX_LIST_LINE = 200
"""A list of plain values becomes one line up to this many characters, else a line each."""

Record = tuple[str, Any]
"""The path of a record (empty at the top) and its value."""


def windows(
    path: str, *, name: str, config: Mapping[str, Any], cursor: Cursor | None, size: int = STRETCH
) -> Iterator[Window]:
    """Parse JSON (suffix json) or JSON lines (jsonl, ldjson; and json files that hold a record a line).

    Records are the elements of the outermost list, the members of the outermost object, and the elements of lists of
    objects among these. Lines are read in windows of some of them, JSON at once. Raises `corrupt` with the place of the
    first error.
    """
    if cursor or suffix_of(name) in {"jsonl", "ldjson"}:
        yield from _lines_of(path, name, cursor, size)
        return
    length = Path(path).stat().st_size
    if length > MAX_BYTES:
        raise DocumentFault(
            FaultCode.TOO_LARGE,
            f"{name} has more than {MAX_BYTES // 2**20} MiB; split it, or save it as JSON lines (.jsonl).",
        )
    writer = Writer()
    try:
        warnings = (_write_stream if length > STREAM_FROM else _write_whole)(path, name, writer)
    except _RecordsInLines:
        yield from _lines_of(path, name, None, size)
    else:
        yield Window(writer.parsed(warnings=warnings))


class _RecordsInLines(Exception):
    """A file is no JSON, but its first line is."""


def _write_whole(path: str, name: str, writer: Writer) -> tuple[str, ...]:
    text, warnings = decode(read_bytes(path, name), name)
    if not text.strip():
        return warnings
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        if _first_line_is_record(text):
            raise _RecordsInLines from error
        raise _fault(name, str(error), too_deep="depth limit" in str(error)) from error
    _write(_records(value), writer, name)
    return warnings


def _first_line_is_record(text: str) -> bool:
    first, _, rest = text.strip().partition("\n")
    try:
        return bool(rest) and isinstance(orjson.loads(first), (dict, list))
    except orjson.JSONDecodeError:
        return False


@dataclass(slots=True)
class _Progress:
    """How far the lines of a file are read."""

    at: int = 0
    """Offset of the next line, bytes."""
    line: int = 0
    good: int = 0
    broken: int = 0
    places: tuple[int, ...] = ()
    """Numbers of the first broken lines."""
    begun: bool = False

    def take(self, line: bytes, writer: Writer, name: str) -> None:
        """Write the record of the next line."""
        self.at += len(line)
        self.line += 1
        line = line.removeprefix(b"\xef\xbb\xbf").strip()
        if not line:
            return
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError:
            self.broken += 1
            self.places = (*self.places, self.line)[:10]
            return
        self.good += 1
        _write([("", value)], writer, name)

    def warnings(self) -> tuple[str, ...]:
        """What was left out."""
        if not self.broken:
            return ()
        shown = ", ".join(map(str, self.places)) + (" …" if self.broken > len(self.places) else "")
        return (f"{self.broken} lines are not valid JSON and were left out: {shown}.",)


def _lines_of(path: str, name: str, cursor: Cursor | None, size: int) -> Iterator[Window]:
    """A record a line; broken lines are left out with a warning, but not all of them."""
    progress = _Progress(**cursor) if cursor else _Progress()
    total = Path(path).stat().st_size
    with Path(path).open("rb") as file:
        file.seek(progress.at)
        while progress.at < total:
            end = progress.at + size
            writer = Writer(after=BlockKind.TEXT if progress.begun else None)
            while progress.at < min(end, total):
                progress.take(_line_of(file, name, progress.line + 1), writer, name)
            progress.begun = writer.last is not None
            if progress.at < total:
                yield Window(writer.parsed(), asdict(progress), "bytes", progress.at, total)
        if progress.broken and not progress.good:
            raise _fault(name, f"line {progress.places[0]} is not JSON")
        yield Window(writer.parsed(warnings=progress.warnings()), None, "bytes", total, total)


def _line_of(file: IO[bytes], name: str, number: int) -> bytes:
    line = file.readline(MAX_LINE + 1)
    if len(line) > MAX_LINE:
        raise DocumentFault(
            FaultCode.TOO_LARGE,
            f"Line {number} of {name} has more than {MAX_LINE // 2**20} MiB; put each record on its own.",
        )
    return line


def _write_stream(path: str, name: str, writer: Writer) -> tuple[str, ...]:
    """The same records, read by events so that only one of them is in memory at a time."""
    with Path(path).open("rb") as file:
        start = file.read(4096).lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
        file.seek(3 if _has_mark(file) else 0)
        try:
            events = ijson.parse(_shallow(ijson.basic_parse(file, use_float=True), name))
            if start == b"[":
                _write((("", value) for value in ijson.items(events, "item")), writer, name)
            else:
                _write(_members(ijson.kvitems(events, "")), writer, name)
        except (ijson.JSONError, UnicodeDecodeError) as error:
            raise _fault(name, one_line(str(error))[:200]) from error
    return ()


def _has_mark(file: IO[bytes]) -> bool:
    file.seek(0)
    return file.read(3) == b"\xef\xbb\xbf"


def _shallow(events: Iterator[tuple[str, Any]], name: str) -> Iterator[tuple[str, Any]]:
    depth = 0
    for event in events:
        if event[0] in ("start_map", "start_array"):
            depth += 1
            if depth > MAX_DEPTH:
                raise _fault(name, "", too_deep=True)
        elif event[0] in ("end_map", "end_array"):
            depth -= 1
        yield event


def _records(value: Any) -> Iterator[Record]:
    if isinstance(value, list):
        yield from (("", item) for item in value)
    elif isinstance(value, dict):
        yield from _members(value.items())
    else:
        yield "", value


def _members(members: Any) -> Iterator[Record]:
    """The members of the outermost object: plain ones together, lists of objects an element each."""
    plain: dict[str, Any] = {}
    for key, value in members:
        if not isinstance(value, (dict, list)):
            plain[key] = value
            continue
        if plain:
            yield "", plain
            plain = {}
        if isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value):
            yield from ((f"{key}[{at}]", item) for at, item in enumerate(value))
        else:
            yield key, value
    if plain:
        yield "", plain


def _write(records: Any, writer: Writer, name: str) -> None:
    for path, value in records:
        writer.add(BlockKind.TEXT, "\n".join(_lines(path, value, name)))


def _lines(path: str, value: Any, name: str) -> Iterator[str]:
    """A `path: value` line for each plain value, in order, without recursion."""
    stack: list[tuple[str, Any, int]] = [(path, value, 0)]
    while stack:
        path, value, depth = stack.pop()
        if depth > MAX_DEPTH:
            raise _fault(name, "", too_deep=True)
        if isinstance(value, dict):
            inner = [(f"{path}.{key}" if path else key, item, depth + 1) for key, item in value.items()]
            stack.extend(reversed(inner))
        elif isinstance(value, list):
            if (line := _one_line_list(value)) is not None:
                yield _line(path, line)
            else:
                stack.extend((f"{path}[{at}]", value[at], depth + 1) for at in range(len(value) - 1, -1, -1))
        elif value is not None and value != "":
            yield _line(path, _plain(value))


def _line(path: str, text: str) -> str:
    return f"{path}: {text}" if path else text


def _one_line_list(items: list[Any]) -> str | None:
    if any(isinstance(item, (dict, list)) for item in items[:1000]) or len(items) > 1000:
        return None
    line = ", ".join(_plain(item) for item in items)
    return line if len(line) <= MAX_LIST_LINE and "\n" not in line else None


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else re.sub(r"\n{2,}", "\n", str(value))


def _fault(name: str, why: str, *, too_deep: bool = False) -> DocumentFault:
    if too_deep:
        return DocumentFault(
            FaultCode.TOO_LARGE, f"{name} nests its values more than {MAX_DEPTH} levels deep; flatten it."
        )
    return DocumentFault(FaultCode.CORRUPT, f"{name} is not valid JSON: {why}. Mend it and upload it again.")
