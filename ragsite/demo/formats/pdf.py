"""PDF: A4 pages with headings, tables, a vector figure and page numbers.

Set in the standard fonts (Helvetica, Courier), so only characters of Windows-1252 can be printed; others are refused.
"""

import io
from typing import Any
from xml.sax.saxutils import escape

from reportlab.graphics.shapes import Drawing, Line, Polygon, Rect, String  # type: ignore[import-untyped]
from reportlab.lib.colors import HexColor  # type: ignore[import-untyped]
from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped]
from reportlab.lib.styles import ParagraphStyle  # type: ignore[import-untyped]
from reportlab.lib.units import mm  # type: ignore[import-untyped]
from reportlab.platypus import Flowable, ListFlowable, ListItem, Preformatted, SimpleDocTemplate  # type: ignore[import-untyped]
from reportlab.platypus import Paragraph as Text
from reportlab.platypus import Table as Grid

from ragsite.demo.handbook import (
    Block,
    Chain,
    Code,
    Heading,
    Listing,
    Note,
    Page,
    Paragraph,
    Spans,
    Style,
    Table,
    plain,
)

_INK, _ACCENT, _PALE = HexColor("#1f2933"), HexColor("#0f766e"), HexColor("#ecf5f3")
_MARGIN = 25 * mm
_PADDING = 6  # points that a frame of SimpleDocTemplate keeps inside its margins
_WIDTH = A4[0] - 2 * _MARGIN
_CODE_CHARACTERS = 90  # of 8.5 pt Courier fit the column

_BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=10.5, leading=15, textColor=_INK, spaceAfter=7)
_TITLE = ParagraphStyle(
    "title", _BODY, fontName="Helvetica-Bold", fontSize=21, leading=26, textColor=_ACCENT, spaceAfter=14
)
_HEADING = ParagraphStyle(
    "heading", _BODY, fontName="Helvetica-Bold", fontSize=13.5, leading=18, spaceBefore=12, spaceAfter=6, keepWithNext=1
)
_NOTE = ParagraphStyle("note", _BODY, leftIndent=14, fontName="Helvetica-Oblique")
_CELL = ParagraphStyle("cell", _BODY, fontSize=9, leading=12, spaceAfter=0)
_HEAD_CELL = ParagraphStyle("head", _CELL, fontName="Helvetica-Bold")
_CODE = ParagraphStyle(
    "code", fontName="Courier", fontSize=8.5, leading=11.5, textColor=_INK, leftIndent=6, spaceBefore=2, spaceAfter=9
)
_TAGS = {
    Style.STRONG: ("<b>", "</b>"),
    Style.EMPHASIS: ("<i>", "</i>"),
    Style.CODE: ('<font face="Courier">', "</font>"),
}


def render(page: Page) -> bytes:
    """`page` as a PDF. Raises `ValueError` for a character that the standard fonts lack."""
    target = io.BytesIO()
    document = SimpleDocTemplate(
        target,
        pagesize=A4,
        leftMargin=_MARGIN - _PADDING,
        rightMargin=_MARGIN - _PADDING,
        topMargin=22 * mm,
        bottomMargin=24 * mm,
        title=page.title,
        author="Ragsite",
        subject="Handbook",
        invariant=1,
        lang="en",
    )

    def foot(canvas: Any, template: Any) -> None:
        canvas.setFont("Helvetica", 8.5)
        canvas.setFillColor(_INK)
        canvas.drawString(_MARGIN, 13 * mm, page.title)
        canvas.drawRightString(A4[0] - _MARGIN, 13 * mm, f"Page {template.page}")

    try:
        document.build([_flowable(block) for block in page.blocks], onFirstPage=foot, onLaterPages=foot)
    except UnicodeEncodeError as error:
        raise ValueError(f"{page.source}: {error.object!r} has a character outside Windows-1252") from error
    return target.getvalue()


def _flowable(block: Block) -> Flowable:
    match block:
        case Heading(level, spans):
            return Text(_markup(spans), _TITLE if level == 1 else _HEADING)
        case Paragraph(spans):
            return Text(_markup(spans), _BODY)
        case Note(spans):
            return Text(_markup(spans), _NOTE)
        case Listing(numbered, items):
            return _listing(items, numbered=numbered)
        case Table():
            return _grid(block)
        case Code(_, text):
            return Preformatted("\n".join(_folded(text)), _CODE)
        case Chain():
            return _drawing(block)


def _markup(spans: Spans) -> str:
    parts = []
    for span in spans:
        span.text.encode("cp1252")
        before, after = _TAGS.get(span.style, ("", ""))
        parts.append(before + escape(span.text) + after)
    return "".join(parts)


def _listing(items: tuple[Spans, ...], *, numbered: bool) -> Flowable:
    rows = [ListItem(Text(_markup(item), _BODY), leftIndent=18) for item in items]
    if numbered:
        return ListFlowable(rows, bulletType="1", bulletFormat="%s.", bulletFontName="Helvetica", bulletFontSize=10.5)
    return ListFlowable(rows, bulletType="bullet", start="•", bulletFontName="Helvetica", bulletFontSize=10.5)


def _grid(table: Table) -> Flowable:
    """The table across the column, each column as wide as its text asks for, the header repeated on a new page."""
    rows = [[Text(_markup(cell), _HEAD_CELL) for cell in table.header]]
    rows += [[Text(_markup(cell), _CELL) for cell in row] for row in table.rows]
    lengths = [
        max(8, *(min(45, len(plain(row[i]))) for row in (table.header, *table.rows))) for i in range(len(rows[0]))
    ]
    widths = [_WIDTH * length / sum(lengths) for length in lengths]
    lines = [
        ("BACKGROUND", (0, 0), (-1, 0), _PALE),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, HexColor("#b8c4c2")),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), 4),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
    ]
    return Grid(rows, colWidths=widths, repeatRows=1, style=lines, spaceBefore=4, spaceAfter=12)


def _folded(text: str) -> list[str]:
    """Lines of code that fit the column; a longer one goes on, indented, in the next line."""
    lines = []
    for line in text.splitlines():
        rest = line
        while len(rest) > _CODE_CHARACTERS:
            cut = rest.rfind(" ", 20, _CODE_CHARACTERS)
            cut = cut if cut > 0 else _CODE_CHARACTERS
            lines.append(rest[:cut])
            rest = "    " + rest[cut:].lstrip()
        lines.append(rest)
    return lines


def _drawing(chain: Chain) -> Flowable:
    """Boxes and labelled arrows, as vectors."""
    height, gap = 34.0, 52.0
    width = (_WIDTH - gap * len(chain.arrows)) / len(chain.boxes)
    drawing = Drawing(_WIDTH, height + 20, hAlign="CENTER")
    for index, box in enumerate(chain.boxes):
        left = index * (width + gap)
        drawing.add(Rect(left, 8, width, height, rx=5, ry=5, fillColor=_PALE, strokeColor=_ACCENT, strokeWidth=1))
        drawing.add(_label(box, left + width / 2, 8 + height / 2 - 3.5, size=9.5))
    for index, arrow in enumerate(chain.arrows):
        left, middle = (index + 1) * width + index * gap, 8 + height / 2
        tip = left + gap - 2
        drawing.add(Line(left + 2, middle, tip - 5, middle, strokeColor=_INK, strokeWidth=0.9))
        drawing.add(Polygon([tip - 6, middle - 3, tip, middle, tip - 6, middle + 3], fillColor=_INK, strokeWidth=0))
        drawing.add(_label(arrow, left + gap / 2, middle + 5, size=8))
    return drawing


def _label(text: str, x: float, y: float, *, size: float) -> String:
    return String(x, y, text, fontName="Helvetica", fontSize=size, textAnchor="middle", fillColor=_INK)
