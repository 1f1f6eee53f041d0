"""JSON and JSON lines: every record a block of `path: value` lines."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import ijson
import orjson

from documents.filetypes import suffix_of
from documents.parsers.base import BlockKind, Parsed
from documents.parsers.decoding import decode, read_bytes
from documents.parsers.writer import Writer, one_line
from system.errors import DocumentFault, FaultCode

STREAM_FROM = 20 * 1024 * 1024
"""Bytes above which a file is streamed: as Python objects JSON takes some ten times its size."""
MAX_BYTES = 512 * 1024 * 1024
MAX_DEPTH = 128
"""Deepest nesting that is read; real records stay below 20."""
MAX_LIST_LINE = 200
"""A list of plain values becomes one line up to this many characters, else a line each."""

Record = tuple[str, Any]
"""The path of a record (empty at the top) and its value."""


def parse(path: str, *, name: str, config: Mapping[str, Any]) -> Parsed:
    """Parse JSON (suffix json) or JSON lines (jsonl, ldjson; and json files that hold a record a line).

    Records are the elements of the outermost list, the members of the outermost object, and the elements of lists of
    objects among these. Raises `corrupt` with the place of the first error.
    """
    size = Path(path).stat().st_size
    if size > MAX_BYTES:
        raise DocumentFault(
            FaultCode.TOO_LARGE, f"{name} has more than {MAX_BYTES // 2**20} MiB; split it into smaller files."
        )
    writer = Writer()
    if suffix_of(name) in {"jsonl", "ldjson"}:
        warnings = _write_lines(path, name, writer)
    elif size > STREAM_FROM:
        warnings = _write_stream(path, name, writer)
    else:
        warnings = _write_whole(path, name, writer)
    return writer.parsed(warnings=warnings)


def _write_whole(path: str, name: str, writer: Writer) -> tuple[str, ...]:
    text, warnings = decode(read_bytes(path, name), name)
    if not text.strip():
        return warnings
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        if _first_line_is_record(text):
            return warnings + _write_lines(path, name, writer)
        raise _fault(name, str(error), too_deep="depth limit" in str(error)) from error
    _write(_records(value), writer, name)
    return warnings


def _first_line_is_record(text: str) -> bool:
    first, _, rest = text.strip().partition("\n")
    try:
        return bool(rest) and isinstance(orjson.loads(first), (dict, list))
    except orjson.JSONDecodeError:
        return False


def _write_lines(path: str, name: str, writer: Writer) -> tuple[str, ...]:
    """A record a line; broken lines are left out with a warning, but not all of them."""
    broken: list[int] = []
    good = 0
    with Path(path).open("rb") as file:
        for number, line in enumerate(file, start=1):
            line = line.removeprefix(b"\xef\xbb\xbf").strip()
            if not line:
                continue
            try:
                value = orjson.loads(line)
            except orjson.JSONDecodeError:
                broken.append(number)
                continue
            good += 1
            _write([("", value)], writer, name)
    if broken and not good:
        raise _fault(name, f"line {broken[0]} is not JSON")
    if not broken:
        return ()
    shown = ", ".join(map(str, broken[:10])) + (" …" if len(broken) > 10 else "")
    return (f"{len(broken)} lines are not valid JSON and were left out: {shown}.",)


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
