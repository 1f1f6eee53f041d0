"""DOCX: styled headings, numbered lists, tables."""

import io
from typing import Any

import docx
from docx.document import Document
from docx.oxml.ns import qn
from docx.oxml.parser import OxmlElement
from docx.shared import Pt
from docx.text.paragraph import Paragraph as Text

from ragsite.demo.formats.archive import EDITION, settled
from ragsite.demo.handbook import Block, Chain, Code, Heading, Listing, Note, Page, Paragraph, Spans, Style, Table


def render(page: Page) -> bytes:
    """`page` as a Word document."""
    document = docx.Document()
    properties = document.core_properties
    properties.title, properties.author, properties.language = page.title, "Ragsite", "en"
    properties.created = properties.modified = EDITION.replace(tzinfo=None)
    document.styles["Normal"].font.name = "Calibri"
    document.styles["Normal"].font.size = Pt(11)
    for block in page.blocks:
        _add(document, block)
    target = io.BytesIO()
    document.save(target)
    return settled(target.getvalue())


def _add(document: Document, block: Block) -> None:
    match block:
        case Heading(level, spans):
            _write(document.add_heading(level=level), spans)
        case Paragraph(spans):
            _write(document.add_paragraph(), spans)
        case Note(spans):
            _write(document.add_paragraph(style="Quote"), spans)
        case Listing(numbered, items):
            _listing(document, items, numbered=numbered)
        case Table():
            _table(document, block)
        case Code(_, text):
            for line in text.splitlines():
                document.add_paragraph(style="No Spacing").add_run(line).font.name = "Consolas"
        case Chain(boxes, _):
            document.add_paragraph(", then ".join(boxes))


def _write(paragraph: Text, spans: Spans) -> None:
    for span in spans:
        run = paragraph.add_run(span.text)
        run.bold = span.style is Style.STRONG or None
        run.italic = span.style is Style.EMPHASIS or None
        if span.style is Style.CODE:
            run.font.name = "Consolas"


def _listing(document: Document, items: tuple[Spans, ...], *, numbered: bool) -> None:
    number = _restarted_numbering(document) if numbered else None
    for item in items:
        paragraph = document.add_paragraph(style="List Number" if numbered else "List Bullet")
        if number is not None:
            _number(paragraph, number)
        _write(paragraph, item)


def _restarted_numbering(document: Document) -> int:
    """A numbering of its own for one list: with the style's alone, a second list would go on counting the first."""
    numbering = document.part.numbering_part.element
    style = document.styles["List Number"].element
    base = numbering.num_having_numId(style.pPr.numPr.numId.val)
    number = numbering.add_num(base.abstractNumId.val)
    number.add_lvlOverride(ilvl=0).add_startOverride(1)
    return int(number.numId)


def _number(paragraph: Text, number: int) -> None:
    properties: Any = paragraph._p.get_or_add_pPr()  # python-docx declares no types for the parts it generates
    numbering = properties.get_or_add_numPr()
    numbering.get_or_add_ilvl().val = 0
    numbering.get_or_add_numId().val = number


def _table(document: Document, table: Table) -> None:
    grid = document.add_table(rows=0, cols=len(table.header), style="Light Grid Accent 1")
    for cells in (table.header, *table.rows):
        row = grid.add_row()
        for cell, spans in zip(row.cells, cells, strict=True):
            _write(cell.paragraphs[0], spans)
    marker = OxmlElement("w:tblHeader")  # the first row is repeated on every page
    marker.set(qn("w:val"), "true")
    grid.rows[0]._tr.get_or_add_trPr().append(marker)
    document.add_paragraph()
