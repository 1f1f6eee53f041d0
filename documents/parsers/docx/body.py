"""Walks the body of a Word document and writes its blocks."""

from collections.abc import Iterator
from typing import Any

from documents.parsers.base import BlockKind
from documents.parsers.docx.numbering import Numbering
from documents.parsers.docx.styles import Styles, child, int_value
from documents.parsers.docx.words import MC, W, alternative, words
from documents.parsers.writer import Writer

MAX_COLUMNS = 63
"""Columns of a table in Word."""

_WRAPPERS = frozenset(
    f"{W}{tag}" for tag in ("sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag", "hyperlink", "txbxContent")
)
"""Elements that hold blocks and say nothing of their own; lxml bounds their nesting to 256."""


class Body:
    """Writes paragraphs, lists, headings, tables and notes in the order of the document."""

    def __init__(self, writer: Writer, styles: Styles, numbering: Numbering) -> None:
        self._writer = writer
        self._styles = styles
        self._numbering = numbering

    def write(self, container: Any) -> None:
        """Write the blocks of a body, a text box or a cell."""
        for element in _blocks(container):
            if element.tag == f"{W}p":
                self._paragraph(element)
            else:
                self._table(element)

    def write_notes(self, root: Any, tag: str) -> None:
        """Write footnotes or endnotes, each with its mark; separators of Word's own are left out."""
        for note in root.iterchildren(f"{W}{tag}"):
            if note.get(f"{W}type") in (None, "normal"):
                text = _flat(note)
                if text:
                    self._writer.add(BlockKind.TEXT, f"[{note.get(f'{W}id')}] {text}")

    def _paragraph(self, paragraph: Any) -> None:
        text = words(paragraph)
        if text.strip():
            self._write_text(text, child(paragraph, "pPr"))
        for box in _boxes(paragraph):
            self.write(box)

    def _write_text(self, text: str, properties: Any) -> None:
        level = self._styles.heading(properties)
        numbered = self._styles.numbering(properties)
        label = self._numbering.label(*numbered) if numbered else ""
        if level:
            number = label if label != "-" else ""
            self._writer.add(BlockKind.HEADING, f"{number} {text}".strip(), level=level)
        elif numbered:
            self._writer.add(BlockKind.LIST_ITEM, f"{label} {text.strip()}".strip(), level=numbered[1] + 1)
        else:
            self._writer.add(BlockKind.TEXT, text)

    def _table(self, table: Any) -> None:
        """A table of one cell is a frame around text; any other is a table, cells of cells flattened into it."""
        rows = list(_children(table, "tr"))
        cells = [list(_children(row, "tc")) for row in rows]
        if sum(map(len, cells)) == 1:
            self.write(next(cell for row in cells for cell in row))
            return
        texts = [_row(row) for row in rows]
        declared = 0
        while declared < len(rows) and child(child(rows[declared], "trPr"), "tblHeader") is not None:
            declared += 1
        implied = int(len(texts) > 1 and sum(map(bool, texts[0])) > 1)
        self._writer.table(texts, header_rows=declared or implied)


def _blocks(container: Any) -> Iterator[Any]:
    """Paragraphs and tables of a container, those in content controls and insertions included."""
    for element in container:
        if element.tag in (f"{W}p", f"{W}tbl"):
            yield element
        elif element.tag in _WRAPPERS:
            yield from _blocks(element)
        elif element.tag == f"{MC}AlternateContent":
            yield from _blocks(alternative(element))


def _children(element: Any, tag: str) -> Iterator[Any]:
    """Rows of a table or cells of a row, those in content controls included."""
    for inner in element:
        if inner.tag == f"{W}{tag}":
            yield inner
        elif inner.tag in _WRAPPERS:
            yield from _children(inner, tag)


def _boxes(element: Any) -> Iterator[Any]:
    """The outermost text boxes anchored in a paragraph; of a drawing and its fallback only one is read."""
    for inner in element:
        if inner.tag == f"{W}txbxContent":
            yield inner
        elif inner.tag == f"{MC}AlternateContent":
            yield from _boxes(alternative(inner))
        elif isinstance(inner.tag, str) and inner.tag not in (f"{W}del", f"{W}moveFrom"):
            yield from _boxes(inner)


def _row(row: Any) -> list[str]:
    """The texts of a row's cells, each in its column: merged and skipped columns are empty."""
    texts = [""] * _columns(child(child(row, "trPr"), "gridBefore"))
    for cell in _children(row, "tc"):
        texts.append(_cell(cell))
        texts.extend([""] * (_columns(child(child(cell, "tcPr"), "gridSpan")) - 1))
    return texts


def _columns(element: Any) -> int:
    return min(int_value(element) or 0, MAX_COLUMNS)


def _cell(cell: Any) -> str:
    """The text of a cell; a cell that continues one above is empty."""
    merged = child(child(cell, "tcPr"), "vMerge")
    if merged is not None and merged.get(f"{W}val", "continue") == "continue":
        return ""
    return _flat(cell)


def _flat(container: Any) -> str:
    """All text of a container on one line, tables in it row by row."""
    pieces = []
    for element in _blocks(container):
        if element.tag == f"{W}p":
            pieces.append(words(element))
            pieces.extend(_flat(box) for box in _boxes(element))
        else:
            pieces.extend(_flat(cell) for row in _children(element, "tr") for cell in _children(row, "tc"))
    return " ".join(piece.strip() for piece in pieces if piece.strip())
