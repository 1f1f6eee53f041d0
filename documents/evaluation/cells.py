"""Cells of a table that a spreadsheet would take for formulas; no Django here."""

import re

_FORMULA = re.compile(r"'*[=+\-@\t\r]")


def guarded(text: str) -> str:
    """As it is written: behind an apostrophe where it looks like a formula, which makes it text to a spreadsheet."""
    return f"'{text}" if _FORMULA.match(text) else text


def bare(cell: str) -> str:
    """What `guarded` was given."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
