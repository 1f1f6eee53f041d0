"""PowerPoint presentations: each slide its title, then texts, tables, charts and notes."""

from collections.abc import Iterator, Mapping
from typing import Any
from zipfile import BadZipFile

from lxml import etree
from pptx import Presentation
from pptx.exc import InvalidXmlError, PackageNotFoundError, PythonPptxError
from pptx.slide import Slide
from pptx.util import Emu

from documents.parsers.archive import Archive
from documents.parsers.base import BlockKind, Parsed
from documents.parsers.writer import Writer, one_line
from documents.parsers.xml import refuse_doctypes
from system.errors import DocumentFault, FaultCode

MAX_SLIDES = 3_000
MAX_SHAPES = 20_000
"""Shapes of a slide, those in groups included."""
MAX_DEPTH = 32
"""Deepest nesting of groups."""

_TEXT = "{http://schemas.openxmlformats.org/drawingml/2006/main}t"
_PARAGRAPH = "{http://schemas.openxmlformats.org/drawingml/2006/main}p"
_BROKEN = (
    PackageNotFoundError,
    InvalidXmlError,
    PythonPptxError,
    etree.XMLSyntaxError,
    BadZipFile,
    KeyError,
    ValueError,
    AttributeError,
    IndexError,
    TypeError,
    OSError,
)
"""What python-pptx raises on packages whose parts or relations are missing or malformed."""


def parse(path: str, *, name: str, config: Mapping[str, Any]) -> Parsed:
    """Parse a presentation; `page` of a block is the number of its slide, hidden slides included."""
    with Archive(path, name) as archive:
        refuse_doctypes(archive, name)
    try:
        deck = Presentation(path)
        slides = list(deck.slides)
    except _BROKEN as error:
        raise _corrupt(name) from error
    if len(slides) > MAX_SLIDES:
        raise DocumentFault(FaultCode.TOO_LARGE, f"{name} has more than {MAX_SLIDES:,} slides; split it.")
    writer = Writer()
    warnings = []
    for number, slide in enumerate(slides, start=1):
        try:
            _Slide(slide, number, writer, name).write()
        except _BROKEN:
            warnings.append(f"Slide {number} is damaged; what follows its fault was left out.")
    if warnings and len(warnings) == len(slides):
        raise _corrupt(name)
    title = one_line(deck.core_properties.title or "")
    return writer.parsed(pages=len(slides), title=title, warnings=warnings)


def _corrupt(name: str) -> DocumentFault:
    return DocumentFault(
        FaultCode.CORRUPT,
        f"{name} is damaged and cannot be read; open it in PowerPoint, save it anew, upload the copy.",
    )


class _Slide:
    """Writes one slide: title first, then shapes from top to bottom, then notes."""

    def __init__(self, slide: Slide, number: int, writer: Writer, name: str) -> None:
        self._slide = slide
        self._number = number
        self._writer = writer
        self._name = name
        self._shapes = 0

    def write(self) -> None:
        title = self._slide.shapes.title
        if title is not None and title.has_text_frame:
            self._add(BlockKind.HEADING, title.text_frame.text, level=1)
        title_id = title.shape_id if title is not None else None
        for shape in self._ordered(self._slide.shapes, depth=0):
            if shape.shape_id != title_id:
                self._shape(shape)
        if self._slide.has_notes_slide:
            notes = self._slide.notes_slide.notes_text_frame
            text = notes.text.strip() if notes is not None else ""
            if text:
                self._add(BlockKind.TEXT, f"Notes: {text}")

    def _add(self, kind: BlockKind, text: str, *, level: int = 0) -> None:
        self._writer.add(kind, text, level=level, page=self._number)

    def _ordered(self, shapes: Any, *, depth: int) -> Iterator[Any]:
        """Shapes by rows of half an inch, then from left to right; groups are read where they stand."""
        if depth > MAX_DEPTH:
            raise DocumentFault(FaultCode.TOO_LARGE, f"{self._name} nests shapes more than {MAX_DEPTH} levels deep.")
        for shape in sorted(shapes, key=_place):
            self._shapes += 1
            if self._shapes > MAX_SHAPES:
                raise DocumentFault(
                    FaultCode.TOO_LARGE, f"Slide {self._number} of {self._name} has more than {MAX_SHAPES:,} shapes."
                )
            if hasattr(shape, "shapes"):
                yield from self._ordered(shape.shapes, depth=depth + 1)
            else:
                yield shape

    def _shape(self, shape: Any) -> None:
        if getattr(shape, "has_table", False):
            rows = [[cell.text for cell in row.cells if not cell.is_spanned] for row in shape.table.rows]
            self._writer.table(rows, header_rows=int(shape.table.first_row), page=self._number)
        elif getattr(shape, "has_chart", False):
            self._chart(shape.chart)
        elif shape.has_text_frame:
            self._frame(shape)
        else:
            self._diagram(shape)

    def _frame(self, shape: Any) -> None:
        """Body placeholders hold bullets; other boxes hold paragraphs."""
        paragraphs = [(paragraph.text, paragraph.level) for paragraph in shape.text_frame.paragraphs]
        filled = [(text, level) for text, level in paragraphs if text.strip()]
        bullets = shape.is_placeholder and len(filled) > 1
        for text, level in filled:
            if bullets or level:
                self._add(BlockKind.LIST_ITEM, f"- {text.strip()}", level=level + 1)
            else:
                self._add(BlockKind.TEXT, text)

    def _chart(self, chart: Any) -> None:
        if chart.has_title and chart.chart_title.has_text_frame:
            self._add(BlockKind.TEXT, chart.chart_title.text_frame.text)
        for plot in chart.plots:
            series = list(plot.series)
            rows = [["", *(one.name for one in series)]]
            columns = [list(one.values) for one in series]
            for at, category in enumerate(plot.categories):
                rows.append([str(category), *(_number(column, at) for column in columns)])
            self._writer.table(rows, header_rows=1, page=self._number)

    def _diagram(self, shape: Any) -> None:
        """The texts of a SmartArt graphic, which stand in a part of their own."""
        for relation in shape.element.iter("{http://schemas.openxmlformats.org/drawingml/2006/diagram}relIds"):
            key = relation.get("{http://schemas.openxmlformats.org/officeDocument/2006/relationships}dm")
            if key not in self._slide.part.rels:
                continue
            root = etree.fromstring(
                self._slide.part.related_part(key).blob, etree.XMLParser(resolve_entities=False, no_network=True)
            )
            for paragraph in root.iter(_PARAGRAPH):
                text = "".join(node.text or "" for node in paragraph.iter(_TEXT))
                if text.strip():
                    self._add(BlockKind.LIST_ITEM, f"- {text}", level=1)


def _place(shape: Any) -> tuple[int, int]:
    return (shape.top or Emu(0)) // Emu(457_200), shape.left or Emu(0)


def _number(values: list[Any], at: int) -> str:
    value = values[at] if at < len(values) else None
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
