"""Measures the sheets of an xlsx file before they are read.

A sheet reader allocates the rectangle that spans all cells, so two cells in opposite corners (A1 and XFD1048576, a file
of 2 kB) ask it for 17 billion of them, and it ends the process. The scan is linear and keeps nothing.
"""

import re
from dataclasses import dataclass

from documents.parsers.archive import Archive
from system.errors import DocumentFault, FaultCode

MAX_CELLS = 5_000_000
"""Most cells that hold something, over all sheets."""
MAX_RECTANGLE = 16_000_000
"""Most cells of the rectangle around a sheet's cells: 32 bytes each while it is read."""
CHUNK = 1 << 20
MAX_TAG = 4096
"""Bytes kept from one chunk to the next for a tag that is cut."""

_TAG = re.compile(rb"<(?:\w{1,16}:)?(?:(row)\b([^<>]*)|c\b([^<>]*))>")
_ANY = re.compile(rb"<(?:\w{1,16}:)?c\b")
_PLACED = re.compile(rb"<(?:\w{1,16}:)?c\b[^<>]*?\br\s*=\s*[\"']([A-Za-z]{1,3})(\d{1,7})[\"'](?:[^<>/]|/(?!>))*(/?)>")
_ROW = re.compile(rb"\br\s*=\s*[\"'](\d{1,7})[\"']")
_CELL = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]{1,3})(\d{1,7})[\"']")


@dataclass(slots=True)
class Extent:
    """The rectangle around a sheet's cells and how many there are; cells without a reference follow the last one."""

    cells: int = 0
    top: int = 1 << 30
    bottom: int = 0
    left: int = 1 << 30
    right: int = 0
    row: int = 0
    column: int = 0

    @property
    def rectangle(self) -> int:
        """Cells of the rectangle."""
        return max(0, self.bottom - self.top + 1) * max(0, self.right - self.left + 1)

    def take(self, data: bytes, end: int) -> None:
        """Take in the tags before `end`: all at once where every cell has a reference, as Excel writes them."""
        placed = _PLACED.findall(data, 0, end)
        if len(placed) != len(_ANY.findall(data, 0, end)):
            for tag in _TAG.finditer(data, 0, end):
                self.see(tag)
            return
        if not placed:
            return
        filled = [(letters, digits) for letters, digits, empty in placed if not empty]
        self.cells += len(filled)
        for column in map(_column, {letters for letters, _ in filled}):
            self.left, self.right = min(self.left, column), max(self.right, column)
        for row in map(int, {digits for _, digits in filled}):
            self.top, self.bottom = min(self.top, row), max(self.bottom, row)
        self.column, self.row = _column(placed[-1][0]), int(placed[-1][1])

    def see(self, tag: re.Match[bytes]) -> None:
        """Take in a tag of a row or of a cell; a cell that closes itself holds nothing."""
        if tag[1]:
            place = _ROW.search(tag[2])
            self.row = int(place[1]) if place else self.row + 1
            self.column = 0
            return
        attributes = tag[3]
        if reference := _CELL.search(attributes):
            self.column, self.row = _column(reference[1]), int(reference[2])
        else:
            self.column += 1
        if not attributes.endswith(b"/"):
            self.cells += 1
            self.top, self.bottom = min(self.top, self.row), max(self.bottom, self.row)
            self.left, self.right = min(self.left, self.column), max(self.right, self.column)


def _column(letters: bytes) -> int:
    """The number of a column by its letters: A is 1."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def check_sheets(archive: Archive, name: str) -> None:
    """Raise `too_large` when a sheet's rectangle or all cells together are beyond the limits."""
    cells = 0
    for member in sorted(archive.members):
        if member.endswith("/") or not member.startswith("xl/worksheets/"):
            continue
        extent = measure(archive, member)
        cells += extent.cells
        if extent.rectangle > MAX_RECTANGLE:
            raise DocumentFault(
                FaultCode.TOO_LARGE,
                f"{name} has cells so far apart that a sheet spans {extent.rectangle:,} cells (at most "
                f"{MAX_RECTANGLE:,}). Delete what stands far outside of the table, or save the sheet as CSV.",
            )
        if cells > MAX_CELLS:
            raise DocumentFault(
                FaultCode.TOO_LARGE, f"{name} has more than {MAX_CELLS:,} cells; split it or save it as CSV."
            )


def measure(archive: Archive, member: str) -> Extent:
    """The extent of a sheet."""
    extent = Extent()
    rest = b""
    with archive.open(member) as stream:
        while chunk := stream.read(CHUNK):
            data = rest + chunk
            cut = data.rfind(b"<")
            cut = cut if cut >= len(data) - MAX_TAG else len(data)
            extent.take(data, cut)
            rest = data[cut:]
            if extent.cells > MAX_CELLS:
                break
    extent.take(rest, len(rest))
    return extent
