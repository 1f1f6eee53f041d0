"""Excel workbooks, xlsx and xls: each sheet a heading and a table; formulas show the value that was stored."""

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError

from documents.filetypes import Format
from documents.parsers.archive import Archive
from documents.parsers.base import BlockKind, Cursor, Window
from documents.parsers.containers import identify
from documents.parsers.sheet_scan import check_sheets
from documents.parsers.stretches import STRETCH
from documents.parsers.writer import Writer
from system.errors import DocumentFault, FaultCode

MAX_XLS_BYTES = 128 * 1024 * 1024
"""Bytes of an xls file; its sheets cannot exceed 65,536 x 256 cells, so it needs no scan."""
MAX_SHEETS = 500
TITLE_ROWS = 3
"""How many rows of a single cell above a table are taken for its title, and repeated with the header."""

Row = tuple[int, list[str]]
"""How many rows of the sheet are read with it, and its cells."""


def windows(
    path: str, *, name: str, config: Mapping[str, Any], cursor: Cursor | None, size: int = STRETCH
) -> Iterator[Window]:
    """Parse a workbook; `page` of a block is the number of its sheet, hidden sheets included.

    A window ends between two rows when its text has `size` characters; the table goes on in the next.
    """
    if identify(path, name) is Format.XLSX:
        with Archive(path, name) as archive:
            check_sheets(archive, name)
    elif Path(path).stat().st_size > MAX_XLS_BYTES:
        raise DocumentFault(
            FaultCode.TOO_LARGE, f"{name} has more than {MAX_XLS_BYTES // 2**20} MiB; save it as .xlsx or CSV."
        )
    try:
        with CalamineWorkbook.from_path(path) as book:
            if len(book.sheet_names) > MAX_SHEETS:
                raise DocumentFault(FaultCode.TOO_LARGE, f"{name} has more than {MAX_SHEETS} sheets; split it.")
            yield from _windows(book, _Place(**cursor) if cursor else _Place(), size)
    except PasswordError as error:
        raise DocumentFault(
            FaultCode.ENCRYPTED, f"{name} is protected by a password; upload a copy without one."
        ) from error
    except (CalamineError, OSError, ValueError) as error:
        raise DocumentFault(
            FaultCode.CORRUPT, f"{name} cannot be read as a workbook: {error}. Save it anew and upload the copy."
        ) from error


@dataclass(slots=True)
class _Place:
    """How far a workbook is read."""

    sheet: int = 0
    """Index of the sheet."""
    row: int = 0
    """How many of its rows are read."""
    begun: bool = False
    """Whether its table is begun."""
    before: int = 0
    """How many rows the sheets before have."""
    total: int = 0
    """How many rows all sheets have; 0 while nobody wants to know."""


def _windows(book: CalamineWorkbook, place: _Place, size: int) -> Iterator[Window]:
    names = book.sheet_names
    writer, begun = Writer(after=BlockKind.TABLE if place.before or place.begun else None), place.begun

    def window(*, last: bool = False) -> Window:
        parsed = writer.parsed(pages=len(names))
        continues = begun and bool(parsed.blocks) and parsed.blocks[0].kind is BlockKind.TABLE
        if not place.total and last:
            return Window(parsed)
        place.total = place.total or sum(_height(book.get_sheet_by_index(at)) for at in range(len(names)))
        done = place.total if last else place.before + place.row
        return Window(parsed, None if last else asdict(place), "rows", done, place.total, continues)

    while place.sheet < len(names):
        sheet = book.get_sheet_by_index(place.sheet)
        rows, header = _filled(sheet, place.row), 0
        if not place.begun and (first := list(islice(rows, TITLE_ROWS + 1))):
            rows, header = chain(first, rows), header_rows([cells for _, cells in first])
            writer.add(BlockKind.HEADING, names[place.sheet], level=1, page=place.sheet + 1)
        while True:
            some = _some(rows, place, writer, size=size, least=header + 1)
            writer.table(some, header_rows=header, page=place.sheet + 1, continues=place.begun)
            if writer.length < size:
                break  # the sheet ends
            place.begun, header = True, 0
            yield window()
            writer, begun = Writer(after=BlockKind.TABLE), True
        place.sheet, place.row, place.begun = place.sheet + 1, 0, False
        place.before += _height(sheet)
    yield window(last=True)


def _height(sheet: CalamineSheet) -> int:
    return sheet.end[0] + 1 if sheet.end else 0


def _filled(sheet: CalamineSheet, after: int) -> Iterator[Row]:
    """The rows that hold something, as text, each with how many rows are read then."""
    for number, row in islice(enumerate(sheet.iter_rows(), 1), after, None):
        cells = [as_text(value) for value in row]
        if any(cells):
            yield number, cells


def _some(rows: Iterator[Row], place: _Place, writer: Writer, *, size: int, least: int) -> Iterator[list[str]]:
    """The next rows, without the empty cells at their end, until what is written has that size; `least` at least."""
    for number, (place.row, row) in enumerate(rows, 1):
        while row and not row[-1]:
            row.pop()
        yield row
        if writer.length >= size and number >= least:
            return


def header_rows(first: Sequence[Sequence[str]]) -> int:
    """How many of the first rows are header: rows of one cell (a title above the table) and the row after them."""
    if not first or len(first[0]) == 1:
        return 1
    titles = 0
    while titles < min(TITLE_ROWS, len(first) - 1) and sum(map(bool, first[titles])) == 1:
        titles += 1
    return titles + 1


def as_text(value: Any) -> str:
    """A cell as people read it: whole numbers without a fraction, dates in ISO form, midnight left out."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ", "seconds")
    return str(value)
