"""What is held back of a window for the next, as JSON: stretches of its text, and what the chunker holds of them."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace
from operator import itemgetter
from typing import Any, Self

from documents.chunkers.holding import Hold, Rest
from documents.chunkers.pieces import Grain, Header, Lead, Outline, Piece
from documents.parsers.base import Parsed
from documents.parsers.blocks import clipped, joined, moved
from documents.parsers.wire import as_content, as_parsed

_BLANK = 32 * 1024
"""Blank characters that are kept at the end of a text, where there are twice as many: few are told from very many."""

Carry = Mapping[str, Any]
Span = tuple[int, int]


class Held:
    """Text of a document, with gaps, and where its parts stand in the document."""

    def __init__(self, parsed: Parsed, places: Sequence[Span], end: int) -> None:
        self.parsed = parsed
        self._places = list(places)
        """(offset in the text, offset in the document) of each part, ascending."""
        self.end = end
        """Offset in the document where the next window starts."""

    def add(self, parsed: Parsed, *, continues: bool) -> None:
        """Append a window; `continues`: its first block is the rest of the last one here."""
        shift = len(self.parsed.text)
        held, fresh = list(self.parsed.blocks), [moved(block, shift) for block in parsed.blocks]
        if continues and held and fresh and held[-1].kind is fresh[0].kind:
            held[-1] = joined(held[-1], fresh.pop(0))
        self._places.append((shift, self.end))
        self.end += len(parsed.text)
        self.parsed = replace(parsed, text=self.parsed.text + parsed.text, blocks=(*held, *fresh))

    def absolute(self, spans: Sequence[Span]) -> tuple[Span, ...]:
        """Spans of the text as spans of the document."""
        return tuple((self._place(start), self._place(end - 1) + 1) for start, end in spans)

    def part(self, start: int, end: int) -> "Held":
        """What the span [start, end) of the text holds."""
        blocks = (block for block in self.parsed.blocks if block.end > start and block.start < end)
        return Held(
            Parsed(self.parsed.text[start:end], tuple(moved(clipped(block, start, end), -start) for block in blocks)),
            [(0, self._place(start)), *((at - start, place) for at, place in self._places if start < at < end)],
            self.end,
        )

    def with_head(self, head: "Held") -> "Held":
        """The text after that of `head`."""
        shift = len(head.parsed.text)
        blocks = (*head.parsed.blocks, *(moved(block, shift) for block in self.parsed.blocks))
        places = [*head._places, *((at + shift, place) for at, place in self._places)]
        return Held(Parsed(head.parsed.text + self.parsed.text, blocks), places, self.end)

    def as_json(self) -> dict[str, Any]:
        """What `from_json` reads."""
        return {"parsed": as_content(self.parsed), "places": self._places, "end": self.end}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """What `as_json` wrote."""
        return cls(as_parsed(content["parsed"]), [(at, place) for at, place in content["places"]], content["end"])

    def _place(self, offset: int) -> int:
        at, place = self._places[bisect_right(self._places, offset, key=itemgetter(0)) - 1]
        return place + offset - at


def as_carry(held: Held, hold: Hold) -> Carry:
    """What is kept of `held` and `hold` after a window: the text that is in no passage yet, and its table's header."""
    text = held.parsed.text
    filled = len(text.rstrip())
    stop = filled + _BLANK if len(text) > filled + 2 * _BLANK else len(text)
    start = min([hold.since, stop, *(piece.start for piece in hold.pieces)])
    kept = held.part(start, stop)
    shift = -start
    header = _header_of(hold)
    if header and header.start < start:
        if header.weight:
            head = held.part(header.start, header.end)
            kept = kept.with_head(head)
            shift += len(head.parsed.text)
        header = Header(0, shift + start, header.weight)
    elif header:
        header = Header(header.start + shift, header.end + shift, header.weight)
    numbers = {block.end: number for number, block in enumerate(kept.parsed.blocks)}
    return {
        "held": kept.as_json(),
        "since": min(hold.since, stop) + shift,
        "rest": hold.rest and (hold.rest.seam, hold.rest.header is not None),
        "outline": (hold.outline.levels, hold.outline.path, hold.outline.lead.value),
        "headings": hold.headings,
        "header": header and (header.start, header.end, header.weight),
        "pieces": [
            (
                piece.start + shift, piece.end + shift, piece.grain.value, int(piece.seam), piece.path,
                [numbers[block.end + shift] for block in piece.blocks if block.end + shift in numbers],
                piece.header is not None, piece.weight,
            )
            for piece in hold.pieces
        ],
    }  # fmt: skip


def from_carry(carry: Carry | None) -> tuple[Held, Hold]:
    """What `as_carry` kept; nothing at the start of a document."""
    if carry is None:
        return Held(Parsed("", ()), [], 0), Hold()
    held = Held.from_json(carry["held"])
    blocks = held.parsed.blocks
    header = Header(*carry["header"]) if carry["header"] else None
    levels, path, lead = carry["outline"]
    return held, Hold(
        since=carry["since"],
        rest=Rest(carry["rest"][0], header if carry["rest"][1] else None) if carry["rest"] else None,
        outline=Outline(tuple(levels), tuple(path), Lead(lead)),
        headings=carry["headings"],
        pieces=[
            Piece(
                start, end, Grain(grain), seam, tuple(path), tuple(blocks[number] for number in numbers),
                header if tabular else None, weight,
            )
            for start, end, grain, seam, path, numbers, tabular, weight in carry["pieces"]
        ],
    )  # fmt: skip


def _header_of(hold: Hold) -> Header | None:
    """The header that what is held needs; there is one table at a time."""
    if hold.rest and hold.rest.header:
        return hold.rest.header
    return next((piece.header for piece in reversed(hold.pieces) if piece.header), None)
