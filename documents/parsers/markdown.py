"""Markdown: the canonical text is the decoded source, the blocks are spans of its lines."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from documents.parsers.base import Block, BlockKind, Parsed
from documents.parsers.decoding import decode, read_bytes
from documents.parsers.writer import check_length

MAX_MARKDOWN_BYTES = 32 * 1024 * 1024
"""Bytes of a source: its token list takes some fifty times as many."""

_NEWLINE = re.compile(r"\r\n|\n|\r")
_FRONT_MATTER = re.compile(r"---[ \t]*(?:\r\n|\n|\r)(?s:.{0,65536}?)(?:\r\n|\n|\r)(?:---|\.\.\.)[ \t]*(?=[\r\n]|\Z)")
_TITLE = re.compile(r"^title:[ \t]*(.+)$", re.MULTILINE)
_MARKS = re.compile(r"^[ \t]{0,3}#{1,6}(?=[ \t]|$)|[ \t]#+[ \t]*$|(?:\r\n|\n|\r)[ \t]{0,3}(?:=+|-+)[ \t]*$")


def parse(path: str, *, name: str, config: Mapping[str, Any]) -> Parsed:
    """Parse CommonMark with tables; every line that holds text is in a block.

    Spans cover whole lines, so a heading's span includes its `#` marks and a table's first row its delimiter row,
    which makes a repeated header valid Markdown again. What belongs to no block of CommonMark (front matter, link
    definitions, what is nested too deeply) is a paragraph.
    """
    text, warnings = decode(read_bytes(path, name, limit=MAX_MARKDOWN_BYTES), name)
    check_length(len(text))
    front = _FRONT_MATTER.match(text)
    head = front.end() if front else 0
    source = _NEWLINE.sub("\n", re.sub(r"[^\r\n]", "", text[:head]) + text[head:])
    lines = _line_starts(text)
    blocks = tuple(_with_gaps(_Walk(text, lines).blocks(_parser().parse(source)), text, lines))
    return Parsed(text, blocks, title=_title(text, text[:head], blocks), warnings=warnings)


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark").enable("table")
    parser.core.ruler.enableOnly(["normalize", "block"])  # inline marks stay as they are written
    return parser


def _line_starts(text: str) -> list[int]:
    return [0, *(match.end() for match in _NEWLINE.finditer(text))]


def heading_text(source: str) -> str:
    """The text of a heading without its marks."""
    return _MARKS.sub("", source.strip()).strip()


def _title(text: str, front: str, blocks: Sequence[Block]) -> str:
    if found := _TITLE.search(front):
        return found[1].strip().strip("\"'")
    first = next((block for block in blocks if block.kind is BlockKind.HEADING and block.level == 1), None)
    return heading_text(text[first.start : first.end]) if first else ""


_LEAVES = {
    "paragraph_open": BlockKind.TEXT,
    "heading_open": BlockKind.HEADING,
    "fence": BlockKind.CODE,
    "code_block": BlockKind.CODE,
    "html_block": BlockKind.TEXT,
    "table_open": BlockKind.TABLE,
}


@dataclass(slots=True)
class _Walk:
    """Turns block tokens into blocks; list items hold their own paragraphs, nested lists stand beside them."""

    text: str
    lines: list[int]
    depth: int = 0
    item_line: int | None = None
    """First line of the list item whose first paragraph is still to come."""
    found: list[Block] = field(default_factory=list)

    def blocks(self, tokens: Sequence[Token]) -> list[Block]:
        for at, token in enumerate(tokens):
            if token.type in ("bullet_list_open", "ordered_list_open"):
                self.depth += 1
            elif token.type in ("bullet_list_close", "ordered_list_close"):
                self.depth -= 1
            elif token.type == "list_item_open" and token.map:
                self.item_line = token.map[0]
            elif token.type == "list_item_close":
                self.item_line = None
            elif token.type in _LEAVES and token.map:
                self._leaf(token, tokens, at)
        return self.found

    def _leaf(self, token: Token, tokens: Sequence[Token], at: int) -> None:
        kind = _LEAVES[token.type]
        first, last = token.map or (0, 0)
        if kind is BlockKind.TEXT and self.depth:
            kind = BlockKind.LIST_ITEM
        if self.item_line is not None:
            first, self.item_line = self.item_line, None
        elif kind is BlockKind.LIST_ITEM and self._continues_item():
            start, end = self._span(first, last)
            self.found[-1] = replace(self.found[-1], end=max(end, start))
            return
        start, end = self._span(first, last)
        overlaps = bool(self.found) and start < self.found[-1].end
        if start >= end or overlaps or (kind is BlockKind.HEADING and not heading_text(self.text[start:end])):
            return
        level = int(token.tag[1]) if kind is BlockKind.HEADING else self.depth if kind is BlockKind.LIST_ITEM else 0
        if kind is BlockKind.TABLE:
            self.found.append(self._table(start, end, tokens, at))
        else:
            title = heading_text(self.text[start:end]) if kind is BlockKind.HEADING else ""
            self.found.append(Block(kind, start, end, level=level, title=title))

    def _continues_item(self) -> bool:
        before = self.found[-1] if self.found else None
        return before is not None and before.kind is BlockKind.LIST_ITEM and before.level == self.depth

    def _table(self, start: int, end: int, tokens: Sequence[Token], at: int) -> Block:
        rows: list[tuple[int, int]] = []
        for token in tokens[at:]:
            if token.type == "table_close":
                break
            if token.type == "tr_open" and token.map:
                first, last = token.map
                rows.append(self._span(first, last + (not rows)))  # the header takes its delimiter row along
        return Block(BlockKind.TABLE, start, end, rows=tuple(rows), header_rows=1)

    def _span(self, first: int, last: int) -> tuple[int, int]:
        """The span of the lines [first, last) without white space around it."""
        start = self.lines[first]
        end = self.lines[last] if last < len(self.lines) else len(self.text)
        piece = self.text[start:end]
        return start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())


def _with_gaps(blocks: Sequence[Block], text: str, lines: Sequence[int]) -> Iterator[Block]:
    """The blocks, and paragraphs of the lines that are in none and hold a letter or digit."""
    at = 0
    for block in [*blocks, Block(BlockKind.TEXT, len(text), len(text))]:
        gap_end = lines[bisect_right(lines, block.start) - 1] if block.start < len(text) else len(text)
        gap = text[at : max(gap_end, at)]
        if any(char.isalnum() for char in gap):
            start = at + len(gap) - len(gap.lstrip())
            yield Block(BlockKind.TEXT, start, at + len(gap.rstrip()))
        if block.end > block.start:
            yield block
        at = block.end
