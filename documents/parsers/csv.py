"""CSV: one table, its delimiter found by trying."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from statistics import median
from typing import Any

from documents.parsers.base import Parsed
from documents.parsers.decoding import decode, read_bytes
from documents.parsers.writer import Writer
from system.errors import DocumentFault, FaultCode

DELIMITERS = ",;\t|"
SAMPLE_ROWS = 50
MAX_CELL = 1_000_000
"""Characters of a cell: a longer one is a quote that was never closed."""


def parse(path: str, *, name: str, config: Mapping[str, Any]) -> Parsed:
    """Parse a file of delimited values: its first row is the header, each row a line `a | b | c`.

    A quote that is never closed would swallow the rest of the file: then quotes are read as plain characters.
    """
    text, warnings = decode(read_bytes(path, name), name)
    delimiter = delimiter_of(text)
    writer = Writer()
    try:
        writer.table(rows(text, delimiter, quoted=_closes_quotes(text, delimiter)), header_rows=1)
    except csv.Error as error:
        raise DocumentFault(
            FaultCode.CORRUPT, f"{name} cannot be read as CSV: {error}. Save it anew as CSV in UTF-8."
        ) from error
    return writer.parsed(warnings=warnings)


def rows(text: str, delimiter: str, *, quoted: bool = True) -> Iterator[Sequence[str]]:
    """The rows of a text; raises csv.Error for a cell above `MAX_CELL` characters."""
    csv.field_size_limit(MAX_CELL)
    lines = io.StringIO(text, newline="")
    if quoted:
        return csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    return csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE, skipinitialspace=True)


def delimiter_of(text: str) -> str:
    """The delimiter that splits the first rows into the most cells, as evenly as can be; a comma if none does.

    csv.Sniffer guesses letters and spaces, and is quadratic on some inputs.
    """
    sample = text[:65_536]
    return max(DELIMITERS, key=lambda delimiter: _evenness(sample, delimiter))


def _evenness(sample: str, delimiter: str) -> tuple[float, float]:
    try:
        widths = [len(row) for row in islice(rows(sample, delimiter), SAMPLE_ROWS) if row]
    except csv.Error:
        return 0.0, 0.0
    if not widths or max(widths) == 1:
        return 0.0, 0.0
    usual = median(widths)
    return sum(width == usual and width > 1 for width in widths) / len(widths), usual


def _closes_quotes(text: str, delimiter: str) -> bool:
    if text.count('"') % 2 == 0:
        return True
    try:
        return all(len(cell) < 32_768 for row in rows(text, delimiter) for cell in row)
    except csv.Error:
        return False
