"""PPTX: a title slide, then a slide for each section with its bullets, table and speaker notes."""

import io
from typing import Any

import pptx
from pptx.presentation import Presentation
from pptx.util import Emu, Inches, Pt

from ragsite.demo.formats.archive import EDITION, settled
from ragsite.demo.handbook import Block, Heading, Listing, Note, Page, Paragraph, Table, plain


def render(page: Page) -> bytes:
    """`page` as a presentation. Raises `ValueError` for a block that has no place on a slide."""
    deck = pptx.Presentation()
    deck.slide_width, deck.slide_height = Inches(13.333), Inches(7.5)
    properties = deck.core_properties
    properties.title, properties.author = page.title, "Ragsite"
    properties.created = properties.modified = EDITION.replace(tzinfo=None)
    for index, (title, blocks) in enumerate(page.sections()):
        _fill(_slide(deck, title, layout=0 if index == 0 else 5), blocks, page=page, deck=deck)
    target = io.BytesIO()
    deck.save(target)
    return settled(target.getvalue())


def _slide(deck: Presentation, title: str, *, layout: int) -> Any:
    """A new slide; layout 0 of the default template is "Title Slide", 5 "Title Only"."""
    slide = deck.slides.add_slide(deck.slide_layouts[layout])
    heading = slide.shapes.title
    heading.text_frame.text = title
    heading.left, heading.width = Inches(0.8), deck.slide_width - Inches(1.6)
    heading.top, heading.height = (Inches(2.4), Inches(1.2)) if layout == 0 else (Inches(0.5), Inches(1.0))
    for shape in list(slide.placeholders):
        if shape.placeholder_format.idx == 1:  # the subtitle: notes take its place
            shape._element.getparent().remove(shape._element)
    return slide


def _fill(slide: Any, blocks: tuple[Block, ...], *, page: Page, deck: Presentation) -> None:
    for block in blocks:
        match block:
            case Listing(_, items):
                _bullets(slide, [plain(item) for item in items], width=deck.slide_width - Inches(1.6))
            case Paragraph(spans):
                _bullets(slide, [plain(spans)], width=deck.slide_width - Inches(1.6))
            case Table():
                _table(slide, block, width=deck.slide_width - Inches(1.6))
            case Note(spans):
                slide.notes_slide.notes_text_frame.text = plain(spans)
            case Heading() | _:
                raise ValueError(f"{page.source}: a {type(block).__name__} has no place on a slide")


def _bullets(slide: Any, lines: list[str], *, width: int) -> None:
    frame = slide.shapes.add_textbox(Inches(0.8), Inches(1.8), Emu(width), Inches(4.8)).text_frame
    frame.word_wrap = True
    for index, line in enumerate(lines):
        paragraph = frame.paragraphs[0] if index == 0 else frame.add_paragraph()
        paragraph.text, paragraph.font.size, paragraph.space_after = line, Pt(26), Pt(12)
        _mark(paragraph)


def _mark(paragraph: Any) -> None:
    """Give the paragraph a bullet and a hanging indent; python-pptx has no call for it."""
    properties = paragraph._p.get_or_add_pPr()
    properties.set("marL", str(Inches(0.35)))
    properties.set("indent", str(-Inches(0.35)))
    bullet = properties.makeelement("{http://schemas.openxmlformats.org/drawingml/2006/main}buChar", {"char": "•"})
    properties.append(bullet)


def _table(slide: Any, table: Table, *, width: int) -> None:
    rows = (table.header, *table.rows)
    frame = slide.shapes.add_table(len(rows), len(table.header), Inches(0.8), Inches(1.8), Emu(width), Inches(3.6))
    for y, row in enumerate(rows):
        for x, cell in enumerate(row):
            target = frame.table.cell(y, x)
            target.text = plain(cell)
            target.text_frame.paragraphs[0].font.size = Pt(20)
