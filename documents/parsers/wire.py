"""A parsed document, or why there is none, as JSON over the pipe between parser child and worker.

A message is its length in bytes (8 bytes, big endian) and that many bytes of JSON. The worker trusts nothing of it: a
hostile document may have taken the child over.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from documents.parsers.base import UNITS, Block, BlockKind, Cursor, Line, Parsed, Picture, Window

HEADER_BYTES = 8
MAX_CURSOR = 256 * 1024
"""Bytes of a cursor as JSON: it is stored with the task after every window."""


class WireError(ValueError):
    """What came over the pipe is not what a parser sends."""


def message(content: Mapping[str, Any]) -> bytes:
    """A message with its length before it."""
    body = orjson.dumps(content)
    return len(body).to_bytes(HEADER_BYTES, "big") + body


def content_of(body: bytes) -> Mapping[str, Any]:
    """The content of a message; raises WireError for what is no JSON object."""
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise WireError(f"no JSON: {error}") from error
    if not isinstance(content, dict):
        raise WireError("no JSON object")
    return content


def as_content(parsed: Parsed) -> dict[str, Any]:
    """A parsed document as JSON values; blocks and lines as lists in the order of their fields."""
    return {
        "text": parsed.text,
        "pages": parsed.pages,
        "title": parsed.title,
        "metadata": dict(parsed.metadata),
        "warnings": parsed.warnings,
        "blocks": [
            (
                block.kind.value, block.start, block.end, block.level, block.rows, block.header_rows, block.page,
                [(n.start, n.end, n.page, n.left, n.right, n.top, n.bottom) for n in block.lines], block.title,
            )
            for block in parsed.blocks
        ],
    }  # fmt: skip


def as_parsed(content: Any) -> Parsed:
    """The parsed document of `as_content`; raises WireError when a value has a wrong type or leaves the text."""
    try:
        text = _string(content["text"])
        blocks = tuple(_block(values, len(text)) for values in content["blocks"])
        _check_order(blocks)
        return Parsed(
            text=text,
            blocks=blocks,
            pages=_count(content["pages"]),
            title=_string(content["title"]),
            metadata={_string(key): _string(value) for key, value in content["metadata"].items()},
            warnings=tuple(_string(warning) for warning in content["warnings"]),
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise WireError(f"no parsed document: {error}") from error


def window_content(window: Window) -> dict[str, Any]:
    """A window as JSON values."""
    return {
        "parsed": as_content(window.parsed),
        "cursor": window.cursor,
        "unit": window.unit,
        "done": window.done,
        "total": window.total,
        "continues": window.continues,
    }


def as_window(content: Any, *, after: int, total: int | None) -> Window:
    """The window of `window_content`, that follows one which ended at `after` of `total` (None: not known yet).

    Raises WireError for one that cannot be: windows that do not come nearer to the end would never stop.
    """
    try:
        parsed, cursor, unit = as_parsed(content["parsed"]), _cursor(content["cursor"]), content["unit"]
        done, whole, continues = (content[key] for key in ("done", "total", "continues"))
    except (KeyError, TypeError) as error:
        raise WireError(f"no window: {error}") from error
    if not (type(done) is type(whole) is int and type(continues) is bool and isinstance(unit, str) and unit in UNITS):
        raise WireError("no window: a wrong type")
    if not 0 <= done <= whole < 2**53 or (total is not None and whole != total) or (cursor and done <= after):
        raise WireError(f"window ends at {done} of {whole}, after one that ended at {after} of {total}")
    return Window(parsed, cursor, unit, done, whole, continues)


def _cursor(value: Any) -> Cursor | None:
    """A cursor that can be stored: short, and without the NUL that PostgreSQL does not take."""
    if value is None:
        return None
    if not isinstance(value, dict) or not value:
        raise WireError("no cursor")
    stored = orjson.dumps(value)
    if len(stored) > MAX_CURSOR or b"\\u0000" in stored:
        raise WireError(f"cursor of {len(stored)} bytes cannot be stored")
    return value


def picture_content(picture: Picture | None) -> dict[str, Any] | None:
    """A picture as JSON values."""
    if picture is None:
        return None
    return {"width": picture.width, "height": picture.height, "pixels": b64encode(picture.pixels).decode()}


def as_picture(content: Any, *, side: int) -> Picture | None:
    """The picture of `picture_content`; raises WireError when it is larger than `side`, or lacks pixels."""
    if content is None:
        return None
    try:
        width, height = _count(content["width"]), _count(content["height"])
        pixels = b64decode(_string(content["pixels"]), validate=True)
    except (KeyError, TypeError, ValueError) as error:
        raise WireError(f"no picture: {error}") from error
    if not (0 < width <= side and 0 < height <= side and len(pixels) == 3 * width * height):
        raise WireError(f"{len(pixels)} bytes are no picture of {width} x {height}, {side} at most")
    return Picture(width, height, pixels)


def _block(values: Sequence[Any], length: int) -> Block:
    kind, start, end, level, rows, header_rows, page, lines, title = values
    _check_span(start, end, 0, length)
    for row_start, row_end in rows:
        _check_span(row_start, row_end, start, end)
    return Block(
        kind=BlockKind(kind),
        start=start,
        end=end,
        level=_count(level),
        rows=tuple((row_start, row_end) for row_start, row_end in rows),
        header_rows=_count(header_rows),
        page=_count(page),
        lines=tuple(_line(line, start, end) for line in lines),
        title=_string(title),
    )


def _line(values: Sequence[Any], low: int, high: int) -> Line:
    start, end, page, left, right, top, bottom = values
    _check_span(start, end, low, high)
    return Line(start, end, _count(page), float(left), float(right), float(top), float(bottom))


def _check_order(blocks: Sequence[Block]) -> None:
    at = 0
    for block in blocks:
        if block.start < at:
            raise WireError("blocks overlap")
        at = block.end


def _check_span(start: Any, end: Any, low: int, high: int) -> None:
    if type(start) is not int or type(end) is not int or not low <= start <= end <= high:
        raise WireError(f"span {start!r}-{end!r} is not within {low}-{high}")


def _count(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 2**31:
        raise WireError(f"{value!r} is no count")
    return value


def _string(value: Any) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise WireError("no storable text")
    return value
