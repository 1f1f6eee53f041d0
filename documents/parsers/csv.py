"""CSV: one table, its delimiter found by trying."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from statistics import median
from typing import Any

from documents.parsers.base import BlockKind, Cursor, Window
from documents.parsers.stretches import STRETCH, TextFile
from documents.parsers.writer import Writer
from system.errors import DocumentFault, FaultCode

DELIMITERS = ",;\t|"
SAMPLE = 65_536
SAMPLE_ROWS = 50
MAX_CELL = 1_000_000
"""Characters of a cell: a longer one is a quote that was never closed."""
MAX_ROW = 32 * 1024 * 1024
"""Bytes of a row."""
_CHECKED = 64 * 1024 * 1024
"""Characters of a file in which a quote is looked for that is never closed."""


def windows(
    path: str, *, name: str, config: Mapping[str, Any], cursor: Cursor | None, size: int = STRETCH
) -> Iterator[Window]:
    """Parse a file of delimited values: its first row is the header, each row a line `a | b | c`.

    A quote that is never closed would swallow the rest of the file: then quotes are read as plain characters. A window
    ends where a row does; the next one goes on with its table.
    """
    file = TextFile(path, name, cursor)
    delimiter, quoted, begun = (cursor["delimiter"], cursor["quoted"], cursor["begun"]) if cursor else _dialect(file)
    wanted = size
    while not file.ended:
        view = file.view(wanted)
        text = file.text(view, len(view.shown) if view.final else view.line_end())
        found, lines = _rows(text, delimiter, quoted=quoted, final=view.final, name=name)
        if not lines and not view.final:
            wanted = _longer(wanted, name)
            continue
        file.take(view, len(view.shown) if view.final else view.after_lines(lines))
        writer = Writer(after=BlockKind.TABLE if begun else None)
        writer.table(found, header_rows=0 if begun else 1, continues=begun)
        parsed, wanted = writer.parsed(), size
        yield file.window(
            parsed,
            continues=begun and bool(parsed.blocks),
            delimiter=delimiter,
            quoted=quoted,
            begun=(begun := begun or bool(parsed.blocks)),
        )


def _dialect(file: TextFile) -> tuple[str, bool, bool]:
    """The delimiter, whether quotes are quotes, and that no row is written yet."""
    delimiter = delimiter_of(next(file.texts(), "")[:SAMPLE])
    return delimiter, _closes_quotes(file, delimiter), False


def _rows(text: str, delimiter: str, *, quoted: bool, final: bool, name: str) -> tuple[list[Sequence[str]], int]:
    """The whole rows of a text and how many lines they take; where the text goes on, the last may be half a row."""
    found: list[Sequence[str]] = []
    lines = _Lines(text)
    taken = 0
    try:
        for row in rows(lines, delimiter, quoted=quoted):
            if lines.ended and not final:
                break
            found.append(row)
            taken = lines.given
    except csv.Error as error:
        raise DocumentFault(
            FaultCode.CORRUPT, f"{name} cannot be read as CSV: {error}. Save it anew as CSV in UTF-8."
        ) from error
    return found, lines.given if final else taken


class _Lines:
    """The lines of a text; knows how many were given, and whether more were wanted than there are."""

    def __init__(self, text: str) -> None:
        self._lines = io.StringIO(text, newline="")
        self.given = 0
        self.ended = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._lines.readline()
        if not line:
            self.ended = True
            raise StopIteration
        self.given += 1
        return line


def _longer(size: int, name: str) -> int:
    """Twice the size, for a row that does not end in it."""
    if size >= MAX_ROW:
        raise DocumentFault(
            FaultCode.TOO_LARGE,
            f"{name} has a row of more than {MAX_ROW // 2**20} MiB. Check its quotes and line ends.",
        )
    return 2 * size


def rows(lines: Iterator[str], delimiter: str, *, quoted: bool = True) -> Iterator[Sequence[str]]:
    """The rows of some lines; raises csv.Error for a cell above `MAX_CELL` characters."""
    csv.field_size_limit(MAX_CELL)
    if quoted:
        return csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    return csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE, skipinitialspace=True)


def delimiter_of(sample: str) -> str:
    """The delimiter that splits the first rows into the most cells, as evenly as can be; a comma if none does.

    csv.Sniffer guesses letters and spaces, and is quadratic on some inputs.
    """
    return max(DELIMITERS, key=lambda delimiter: _evenness(sample, delimiter))


def _evenness(sample: str, delimiter: str) -> tuple[float, float]:
    try:
        widths = [len(row) for row in islice(rows(_Lines(sample), delimiter), SAMPLE_ROWS) if row]
    except csv.Error:
        return 0.0, 0.0
    if not widths or max(widths) == 1:
        return 0.0, 0.0
    usual = median(widths)
    return sum(width == usual and width > 1 for width in widths) / len(widths), usual


def _closes_quotes(file: TextFile, delimiter: str) -> bool:
    if file.count('"') % 2 == 0:
        return True
    start = "".join(islice(file.texts(), _CHECKED // 2**20))
    try:
        return all(len(cell) < 32_768 for row in rows(_Lines(start), delimiter) for cell in row)
    except csv.Error:
        return False
