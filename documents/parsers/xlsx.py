"""Excel workbooks, xlsx and xls: each sheet a heading and a table; formulas show the value that was stored."""

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from documents.filetypes import Format
from documents.parsers.archive import Archive
from documents.parsers.base import BlockKind, Parsed
from documents.parsers.containers import identify
from documents.parsers.sheet_scan import check_sheets
from documents.parsers.writer import Writer
from system.errors import DocumentFault, FaultCode

MAX_XLS_BYTES = 128 * 1024 * 1024
"""Bytes of an xls file; its sheets cannot exceed 65,536 x 256 cells, so it needs no scan."""
MAX_SHEETS = 500
TITLE_ROWS = 3
"""How many rows of a single cell above a table are taken for its title, and repeated with the header."""


def parse(path: str, *, name: str, config: Mapping[str, Any]) -> Parsed:
    """Parse a workbook; `page` of a block is the number of its sheet, hidden sheets included."""
    if identify(path, name) is Format.XLSX:
        with Archive(path, name) as archive:
            check_sheets(archive, name)
    elif Path(path).stat().st_size > MAX_XLS_BYTES:
        raise DocumentFault(
            FaultCode.TOO_LARGE, f"{name} has more than {MAX_XLS_BYTES // 2**20} MiB; save it as .xlsx or CSV."
        )
    try:
        with CalamineWorkbook.from_path(path) as book:
            return _read(book, name)
    except PasswordError as error:
        raise DocumentFault(
            FaultCode.ENCRYPTED, f"{name} is protected by a password; upload a copy without one."
        ) from error
    except (CalamineError, OSError, ValueError) as error:
        raise DocumentFault(
            FaultCode.CORRUPT, f"{name} cannot be read as a workbook: {error}. Save it anew and upload the copy."
        ) from error


def _read(book: CalamineWorkbook, name: str) -> Parsed:
    names = book.sheet_names
    if len(names) > MAX_SHEETS:
        raise DocumentFault(FaultCode.TOO_LARGE, f"{name} has more than {MAX_SHEETS} sheets; split it.")
    writer = Writer()
    for number, sheet_name in enumerate(names, start=1):
        rows = _filled(book.get_sheet_by_index(number - 1).iter_rows())
        first = list(islice(rows, TITLE_ROWS + 1))
        if first:
            writer.add(BlockKind.HEADING, sheet_name, level=1, page=number)
            writer.table(_trimmed(chain(first, rows)), header_rows=header_rows(first), page=number)
    return writer.parsed(pages=len(names))


def _filled(rows: Iterable[Sequence[Any]]) -> Iterator[list[str]]:
    """The rows that hold something, as text."""
    for row in rows:
        cells = [as_text(value) for value in row]
        if any(cells):
            yield cells


def _trimmed(rows: Iterable[list[str]]) -> Iterator[list[str]]:
    """Rows without the empty cells at their end."""
    for row in rows:
        while row and not row[-1]:
            row.pop()
        yield row


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
