"""Writes the canonical text of a document block by block, with the blocks that annotate it."""

import re
from collections.abc import Iterable, Mapping, Sequence

from documents.parsers.base import Block, BlockKind, Line, Parsed
from documents.parsers.decoding import storable
from system.errors import DocumentFault, FaultCode

MAX_CHARS = 64 * 1024 * 1024
"""Longest canonical text, characters: some 30,000 printed pages; at four bytes each it fits the child thrice over."""
MAX_ROWS = 2_000_000
"""Most table rows of a document: each costs some 150 bytes beside its text."""

_CONTROLS = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]+")
_UNTIDY = re.compile("[\0-\x1f\x7f\x85\xa0\u2028\u2029\ud800-\udfff]|[^|]  ")
_SPACES = re.compile(r"[ \t\u00a0\u2000-\u200a\u202f\u3000]*\n[\s]*|[ \t\r\u00a0]+")
CELL_SEPARATOR = " | "


def check_length(length: int) -> None:
    """Raise `too_large` when a canonical text would have more than `MAX_CHARS` characters."""
    if length > MAX_CHARS:
        raise DocumentFault(
            FaultCode.TOO_LARGE,
            f"The document holds more than {MAX_CHARS // 2**20} million characters of text; split it into "
            "smaller files.",
        )


def one_line(text: str) -> str:
    """The text with every run of white space as one space: a table cell, a heading."""
    return " ".join(text.split())


class Writer:
    """Collects text and blocks; texts lose control characters and outer white space, empty ones are left out.

    Blocks are parted by blank lines, list items that follow each other by a newline. `after` is the kind of the last
    block that was written in windows before, if any was: then the text begins with what parts its blocks from those.
    """

    def __init__(self, *, after: BlockKind | None = None) -> None:
        self.last = after
        """Kind of the block that was written last."""
        self._pieces: list[str] = []
        self.length = 0
        """Characters written."""
        self._rows = 0
        self._blocks: list[Block] = []

    def add(self, kind: BlockKind, text: str, *, level: int = 0, page: int = 0) -> None:
        """Append a block that is not a table."""
        text = _CONTROLS.sub(" ", storable(text)).strip("\r\n") if kind is BlockKind.CODE else _tidy(text)
        if kind is BlockKind.HEADING:
            text = one_line(text)
        if not text.strip():
            return
        start = self._part(kind)
        self._put(text)
        self._append(Block(kind, start, self.length, level=level, page=page))

    def add_lines(self, kind: BlockKind, text: str, lines: Sequence[Line], *, level: int = 0) -> None:
        """Append a block of a paged format; the lines' spans are relative to `text`, which is taken as it is."""
        start = self._part(kind)
        self._put(text)
        moved = tuple(
            Line(line.start + start, line.end + start, line.page, line.left, line.right, line.top, line.bottom)
            for line in lines
        )
        self._append(Block(kind, start, self.length, level=level, page=moved[0].page, lines=moved))

    def table(
        self, rows: Iterable[Sequence[str]], *, header_rows: int = 0, page: int = 0, continues: bool = False
    ) -> None:
        """Append a table, a line a row and cells parted by ` | `; rows without any text are left out.

        One that `continues` goes on with the rows of the block that was written last, in a window before.
        """
        spans: list[tuple[int, int]] = []
        for cells in rows:
            line = CELL_SEPARATOR.join(cells)
            if _UNTIDY.search(line):
                line = CELL_SEPARATOR.join(one_line(_CONTROLS.sub(" ", storable(cell))) for cell in cells)
            if not line.strip(" |"):
                continue
            if spans or continues:
                self._put("\n")
            else:
                self._part(BlockKind.TABLE)
            at = self.length
            self._put(line)
            spans.append((at, self.length))
            self._count_row()
        if spans:
            header = min(header_rows, len(spans))
            self._append(
                Block(BlockKind.TABLE, spans[0][0], self.length, rows=tuple(spans), header_rows=header, page=page)
            )

    def parsed(
        self,
        *,
        pages: int = 0,
        title: str = "",
        metadata: Mapping[str, str] | None = None,
        warnings: Sequence[str] = (),
    ) -> Parsed:
        """The document written so far."""
        text = "".join(self._pieces)
        return Parsed(text, tuple(self._blocks), pages, title, metadata or {}, tuple(warnings))

    def _part(self, kind: BlockKind) -> int:
        if self.last:
            self._put("\n" if kind is self.last is BlockKind.LIST_ITEM else "\n\n")
        return self.length

    def _append(self, block: Block) -> None:
        self._blocks.append(block)
        self.last = block.kind

    def _put(self, text: str) -> None:
        self.length += len(text)
        check_length(self.length)
        self._pieces.append(text)

    def _count_row(self) -> None:
        self._rows += 1
        if self._rows > MAX_ROWS:
            raise DocumentFault(
                FaultCode.TOO_LARGE, f"The document has more than {MAX_ROWS:,} table rows; split it into smaller files."
            )


def _tidy(text: str) -> str:
    """Lines without outer spaces, runs of blank lines as one newline, no control characters."""
    text = _CONTROLS.sub(" ", storable(text).replace("\r\n", "\n").replace("\x0b", "\n"))
    return _SPACES.sub(lambda match: "\n" if "\n" in match[0] else " ", text).strip()
