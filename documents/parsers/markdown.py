"""Markdown: the canonical text is the decoded source, the blocks are spans of its lines."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from documents.parsers.base import Block, BlockKind, Cursor, Parsed, Window
from documents.parsers.blocks import clipped, moved
from documents.parsers.stretches import LINE_END, TextFile

STRETCH = 1024 * 1024
"""Bytes of a window: its token list takes some fifty times as many."""
_LONGEST_OPENING = 16 * 1024

_FRONT_MATTER = re.compile(r"---[ \t]*(?:\r\n|\n|\r)(?s:.{0,65536}?)(?:\r\n|\n|\r)(?:---|\.\.\.)[ \t]*(?=[\r\n]|\Z)")
_TITLE = re.compile(r"^title:[ \t]*(.+)$", re.MULTILINE)
_MARKS = re.compile(r"^[ \t]{0,3}#{1,6}(?=[ \t]|$)|[ \t]#+[ \t]*$|(?:\r\n|\n|\r)[ \t]{0,3}(?:=+|-+)[ \t]*$")


def windows(
    path: str, *, name: str, config: Mapping[str, Any], cursor: Cursor | None, size: int = STRETCH
) -> Iterator[Window]:
    """Parse CommonMark with tables; every line that holds text is in a block.

    Spans cover whole lines, so a heading's span includes its `#` marks and a table's first row its delimiter row,
    which makes a repeated header valid Markdown again. What belongs to no block of CommonMark (front matter, link
    definitions, what is nested too deeply) is a paragraph.

    A window ends before the last block that starts in it, for the next lines may belong to that; in a list longer than
    a window, before the last item. Anything else that is longer is torn at a line's end: tables and code go on in the
    next window as what they are, other text as what its own first line makes of it.
    """
    file = TextFile(path, name, cursor)
    opening, torn = (cursor["opening"], cursor["torn"]) if cursor else ("", False)
    first = cursor is None
    while not file.ended:
        view = file.view(size)
        place = len(view.shown) if view.final else view.line_end() or view.word_end()
        tokens = _tokens(opening + file.text(view, place), front=first)
        start = opening.count("\n")
        last = None if view.final else _last_start(tokens, after=start)
        if last is not None:
            place = view.after_lines(_line(tokens[last]) - start)
        text = file.take(view, place)
        parsed = _parsed(text, tokens[:last], opening=opening, front=first)
        continues = torn and bool(parsed.blocks) and not LINE_END.search(text, 0, parsed.blocks[0].start)
        torn = last is None
        opening = _opening(opening + text, tokens) if torn else ""
        first = False
        yield file.window(parsed, continues=continues, opening=opening, torn=torn)


def _last_start(tokens: Sequence[Token], *, after: int) -> int | None:
    """Number of the last token that starts a block of the outermost level after that line; None where there is none.

    Where that level's last block is a list, which starts before, its last item counts.
    """
    for level, types in ((0, None), (1, "list_item_open")):
        for number in range(len(tokens) - 1, -1, -1):
            token = tokens[number]
            if token.level == level and token.map and types in (None, token.type):
                if token.map[0] > after:
                    return number
                break
    return None


def _line(token: Token) -> int:
    return token.map[0] if token.map else 0


def _opening(text: str, tokens: Sequence[Token]) -> str:
    """The lines that make the rest of a table or a code block what it is, where the text is nothing but its start."""
    head = next((token for token in tokens if token.type in ("fence", "tr_open")), None)
    if head is None or not head.map or tokens[0].type not in ("fence", "table_open"):
        return ""
    first, last = head.map[0], head.map[0] + (1 if head.type == "fence" else 2)
    lines = _line_starts(text)
    opening = LINE_END.sub("\n", text[lines[first] : lines[last]]) if last < len(lines) else ""
    return opening if len(opening) <= _LONGEST_OPENING else ""


def _tokens(text: str, *, front: bool) -> list[Token]:
    head = _front_matter(text) if front else ""
    return _parser().parse(LINE_END.sub("\n", re.sub(r"[^\r\n]", "", head) + text[len(head) :]))


def _front_matter(text: str) -> str:
    found = _FRONT_MATTER.match(text)
    return found[0] if found else ""


def _parsed(text: str, tokens: Sequence[Token], *, opening: str, front: bool) -> Parsed:
    """The blocks of a text; they were told apart with the lines `opening` before it, which are no part of it."""
    whole, skip = opening + text, len(opening)
    lines = _line_starts(whole)
    found = _with_gaps(_Walk(whole, lines).blocks(tokens), whole, lines)
    blocks = tuple(moved(clipped(block, skip), -skip) for block in found if block.end > skip)
    return Parsed(text, blocks, title=_title(text, _front_matter(text), blocks) if front else "")


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark").enable("table")
    parser.core.ruler.enableOnly(["normalize", "block"])  # inline marks stay as they are written
    return parser


def _line_starts(text: str) -> list[int]:
    return [0, *(match.end() for match in LINE_END.finditer(text))]


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
