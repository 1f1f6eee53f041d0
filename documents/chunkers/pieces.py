"""The pieces of a document: its lists, tables, code blocks, headings and paragraphs, tiling the canonical text."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum, auto
from itertools import takewhile
from typing import Self

from documents.chunkers.cuts import cut, ends_in_colon
from documents.parsers.base import Block, BlockKind, Parsed
from documents.parsers.blocks import clipped


class Grain(IntEnum):
    """What a piece is, coarse to fine; a piece that is too heavy is cut into finer ones."""

    LIST = auto()
    TABLE = auto()
    CODE = auto()
    HEADING = auto()
    BLOCK = auto()
    HEADER = auto()
    """The header rows of a table that was cut."""
    SENTENCE = auto()
    WORDS = auto()
    CHARACTERS = auto()


class Seam(IntEnum):
    """How good a place the start of a piece is to cut the document, worst to best; a heading has SECTION - level."""

    GLUED = 0
    CHARACTER = 1
    WORD = 2
    WRAP = 3
    SENTENCE = 4
    DELIMITER = 5
    ITEM = 6
    BLOCK = 7
    SECTION = 16


@dataclass(slots=True, eq=False)
class Header:
    """The header rows [start, end) of a table that was cut, shown again by each of its parts."""

    start: int
    end: int
    weight: int = 0
    """Tokens; 0 while not weighed, and where the header is too heavy to be repeated."""


@dataclass(frozen=True, slots=True)
class Piece:
    """The span [start, end) of the canonical text; it starts with a non-blank character, blank space may end it."""

    start: int
    end: int
    grain: Grain
    seam: int
    path: tuple[str, ...]
    """Titles of the headings above the piece, outermost first; a heading is not above itself."""
    blocks: tuple[Block, ...] = ()
    """The blocks of a whole list or table."""
    header: Header | None = None
    """The header of the table that the piece is a part of."""
    weight: int = 0
    """Tokens as `Scale` reckons them; 0 while not weighed."""

    @property
    def is_heading(self) -> bool:
        """Whether the piece is a whole heading."""
        return self.grain is Grain.HEADING

    @property
    def is_tabular(self) -> bool:
        """Whether the piece is a table or a part of one."""
        return self.grain is Grain.TABLE or self.header is not None


_GRAINS = {
    BlockKind.TEXT: Grain.BLOCK,
    BlockKind.HEADING: Grain.HEADING,
    BlockKind.LIST_ITEM: Grain.LIST,
    BlockKind.TABLE: Grain.TABLE,
    BlockKind.CODE: Grain.CODE,
}
_TITLE = 256
"""Characters of a heading that enter the path, which is stored with every passage below the heading."""


Tile = tuple[tuple[Block, ...], int, int]
"""A run of blocks (list items come together) and the span that it fills."""


def items(piece: Piece, text: str) -> Iterator[Piece]:
    """The items of a list; a nested item is a worse place to cut than one of the outermost level."""
    top = min(block.level for block in piece.blocks)
    by_start = {next(cut(text, block.start, block.end, ()), (-1,))[0]: block for block in piece.blocks}
    for start, end in cut(text, piece.start, piece.end, by_start):
        block = by_start[start]
        seam = int(Seam.ITEM if block.level == top else Seam.DELIMITER) if start > piece.start else piece.seam
        yield replace(piece, start=start, end=end, grain=Grain.BLOCK, seam=seam, blocks=(block,), weight=0)


def rows(piece: Piece, text: str) -> Iterator[Piece]:
    """The header rows (as one piece) and the other rows of a table; rows alone of one that has its header already."""
    starts = [start for start, _ in piece.blocks[0].rows]
    if piece.header:
        for start, end in cut(text, piece.start, piece.end, starts[1:]):
            seam = int(Seam.ITEM) if start > piece.start else piece.seam
            yield replace(piece, start=start, end=end, grain=Grain.BLOCK, seam=seam, blocks=(), weight=0)
        return
    headed = piece.blocks[0].header_rows if piece.blocks[0].header_rows < len(starts) else 0
    header = Header(piece.start, starts[headed] if headed else piece.start)
    previous: Piece | None = None
    for start, end in cut(text, piece.start, piece.end, starts[max(headed, 1) :]):
        grain = Grain.HEADER if headed and not previous else Grain.BLOCK
        below_header = previous is not None and previous.grain is Grain.HEADER
        seam = int(Seam.GLUED if below_header else Seam.ITEM) if previous else piece.seam
        previous = replace(piece, start=start, end=end, grain=grain, seam=seam, blocks=(), header=header, weight=0)
        yield previous


def common(left: tuple[str, ...], right: tuple[str, ...]) -> tuple[str, ...]:
    """The longest path of headings that begins both."""
    same = takewhile(lambda pair: pair[0] == pair[1], zip(left, right, strict=False))
    return tuple(title for title, _ in same)


class Lead(StrEnum):
    """Whether what stands right before a place makes little sense apart from what comes there."""

    NONE = ""
    HEADING = "heading"
    COLON = "colon"
    """"As follows:", before a list, a table or code."""


@dataclass(frozen=True, slots=True)
class Outline:
    """The headings above a place of a document, and what leads into it."""

    levels: tuple[int, ...] = ()
    path: tuple[str, ...] = ()
    lead: Lead = Lead.NONE

    def enter(self, tile: Tile, text: str) -> tuple[Piece, Self]:
        """The piece of the tile that comes here, and the outline of the place after it."""
        run, start, end = tile
        grain = _GRAINS[run[0].kind]
        seam = int(Seam.BLOCK)
        path, levels, above = self.path, self.levels, self.path
        if grain is Grain.HEADING:
            level = min(max(run[0].level, 1), 6)
            levels = tuple(takewhile(lambda outer: outer < level, levels))
            above = path[: len(levels)]
            path, levels = (*above, _title(run[0], text)), (*levels, level)
            seam = Seam.SECTION - level
        introduced = grain in (Grain.LIST, Grain.TABLE, Grain.CODE)
        if self.lead is Lead.HEADING or (self.lead is Lead.COLON and introduced):
            seam = Seam.GLUED
        lead = Lead.NONE
        if grain is Grain.HEADING:
            lead = Lead.HEADING
        elif grain is Grain.BLOCK and ends_in_colon(text, start, end):
            lead = Lead.COLON
        blocks = run if grain in (Grain.LIST, Grain.TABLE, Grain.BLOCK) else ()
        return Piece(start, end, grain, seam, above, blocks), replace(self, levels=levels, path=path, lead=lead)


def _title(block: Block, text: str) -> str:
    shown = block.title or text[block.start : min(block.end, block.start + 2 * _TITLE)]
    return " ".join(shown.split())[:_TITLE]


def tiles(parsed: Parsed, since: int = 0) -> Iterator[Tile]:
    """The runs of blocks from the offset `since` on: together they hold every non-blank character, in order.

    Text outside the blocks counts as paragraphs. Raises ValueError where blocks overlap or reach beyond the text.
    """
    runs = list(_runs(_with_gaps(parsed, since)))
    ends = [*(run[0].start for run in runs), len(parsed.text)][1:]
    for run, end in zip(runs, ends, strict=True):
        for start, stop in cut(parsed.text, run[0].start, end, ()):
            yield run, start, stop


def _runs(blocks: Iterable[Block]) -> Iterator[tuple[Block, ...]]:
    """Each block alone, but neighbouring list items together."""
    run: list[Block] = []
    for block in blocks:
        if run and not (block.kind is run[0].kind is BlockKind.LIST_ITEM):
            yield tuple(run)
            run = []
        run.append(block)
    if run:
        yield tuple(run)


def _with_gaps(parsed: Parsed, since: int) -> Iterator[Block]:
    """The blocks, and as paragraphs what stands between them."""
    end = len(parsed.text)
    left = Block(BlockKind.TEXT, since, since)
    for right in [*parsed.blocks, Block(BlockKind.TEXT, end, end)]:
        if right.end < since:
            continue
        right = clipped(right, since)
        if not left.end <= right.start <= right.end <= end:
            raise ValueError(f"blocks overlap or leave the text: {left.start}-{left.end}, then {right.start}")
        if any(cut(parsed.text, left.end, right.start, ())):
            yield Block(BlockKind.TEXT, left.end, right.start)
        if right.end > right.start:
            yield right
        left = right
