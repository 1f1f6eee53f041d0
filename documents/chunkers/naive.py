"""The `naive` method: passages of at most `chunk_token_num` tokens that keep to the shape of the document."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import reduce
from itertools import islice
from typing import Any

from documents.chunkers.base import Passage, TokenCounter
from documents.chunkers.delimiters import delimiter_pattern
from documents.chunkers.holding import Hold
from documents.chunkers.landmarks import Landmarks, beginning_of
from documents.chunkers.packing import Packer, pack
from documents.chunkers.pieces import Piece, common
from documents.chunkers.positions import Boxes
from documents.chunkers.weighing import Scale
from documents.parsers.base import Parsed
from system.errors import DocumentFault, FaultCode

_TOKENS = 512
_MOST_TOKENS = 2048
_DELIMITER = "\n"
_BATCH = 64
"""Passages counted in one call."""


def chunk(
    parsed: Parsed, *, config: Mapping[str, Any], count: TokenCounter, hold: Hold | None = None
) -> Iterator[Passage]:
    """Yield the passages of `parsed`, in reading order: slices of its text that hold all its non-blank characters.

    `config`: `chunk_token_num` (1 to 2048, default 512) is never exceeded, unless one character has more tokens (beside
    the header of its table); `delimiter` (default: line break) says where paragraphs are best cut. Lists, tables, code
    blocks and paragraphs stay whole where they fit; a longer table repeats its header rows in each part. With a `hold`,
    what it holds is cut first, and what may still change is left in it. Raises `DocumentFault` for a configuration out
    of range.
    """
    hold = hold or Hold()
    cap = _token_num(config)
    pattern = delimiter_pattern(_delimiter(config))
    scale = Scale(parsed.text, cap=cap, count=count, pattern=pattern, headings=hold.headings)
    packer = Packer(scale.room, held=hold.pieces, is_landmark=_finder(parsed.text, hold.landmarks))
    writer = _Writer(parsed, cap=cap, scale=scale, count=count)
    yield from writer.write(_groups(scale.weigh(hold.fresh(parsed, scale)), packer))
    if hold.last:
        yield from writer.write(packer.flush())
    hold.headings, hold.pieces = scale.headings, list(packer.held)


def _finder(text: str, landmarks: Landmarks | None) -> Callable[[Piece], bool] | None:
    """Tells of a piece whether a passage began with it in the text of before."""
    return (lambda piece: landmarks.has(beginning_of(piece, text))) if landmarks else None


def _groups(pieces: Iterable[Piece], packer: Packer) -> Iterator[list[Piece]]:
    for piece in pieces:
        yield from packer.add(piece)


class _Writer:
    """Groups of pieces to passages."""

    def __init__(self, parsed: Parsed, *, cap: int, scale: Scale, count: TokenCounter) -> None:
        self._text = parsed.text
        self._boxes = Boxes(parsed.blocks)
        self._cap = cap
        self._scale = scale
        self._count = count

    def write(self, groups: Iterable[list[Piece]]) -> Iterator[Passage]:
        """The passages of groups, counted as they read; the few above the cap are cut again."""
        waiting = iter(groups)
        while batch := list(islice(waiting, _BATCH)):
            tokens = self._count([self._content(group) for group in batch])
            for group, number in zip(batch, tokens, strict=True):
                first, *others = self._within_cap(group, number, self._scale.room)
                yield replace(first, beginning=beginning_of(group[0], self._text))
                yield from others

    def _within_cap(self, group: list[Piece], tokens: int, room: int) -> Iterator[Passage]:
        """The passage of `group`, or several where joined text has more tokens than its pieces."""
        if tokens <= self._cap or room == 1:
            yield self._passage(group, tokens)
            return
        less = max(1, min(room - 1, room * self._cap // tokens))
        parts = list(pack(self._scale.settle(group, less), less))
        if len(parts) == len(parts[0]) == 1 and len(group) == 1:  # one character
            yield self._passage(group, tokens)
            return
        numbers = self._count([self._content(part) for part in parts])
        for part, number in zip(parts, numbers, strict=True):
            yield from self._within_cap(part, number, less)

    def _spans(self, group: list[Piece]) -> tuple[tuple[int, int], ...]:
        """The span of a group without outer blank space, after that of a header it repeats."""
        start, header = group[0].start, group[0].header
        end = start + len(self._text[start : group[-1].end].rstrip())
        if header and header.weight and header.end <= start:
            shown = self._text[header.start : header.end].rstrip()
            if shown:  # a header of blank cells tells nothing
                return (header.start, header.start + len(shown)), (start, end)
        return ((start, end),)

    def _content(self, group: list[Piece]) -> str:
        *repeated, (start, end) = self._spans(group)
        return "\n".join(self._text[slice(*span)] for span in (*repeated, (start, end)))

    def _passage(self, group: list[Piece], tokens: int) -> Passage:
        spans = self._spans(group)
        body = [piece for piece in group if not piece.is_heading]
        return Passage(
            content=self._content(group),
            spans=spans,
            tokens=tokens,
            headings=reduce(common, (piece.path for piece in body or group)),
            positions=self._boxes.of(spans),
            kind="table" if body and all(piece.is_tabular for piece in body) else "text",
        )


def _token_num(config: Mapping[str, Any]) -> int:
    value = config.get("chunk_token_num")
    if value is None:
        return _TOKENS
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _MOST_TOKENS:
        raise DocumentFault(
            FaultCode.UNSUPPORTED,
            f"parser_config.chunk_token_num is {str(value)[:50]!r}: set it to a whole number from 1 to {_MOST_TOKENS}"
            " and parse again",
        )
    return value


def _delimiter(config: Mapping[str, Any]) -> str:
    value = config.get("delimiter")
    if value is None:
        return _DELIMITER
    if not isinstance(value, str):
        raise DocumentFault(
            FaultCode.UNSUPPORTED,
            f"parser_config.delimiter is {str(value)[:50]!r}: set it to a text, such as \\n, and parse again",
        )
    return value
