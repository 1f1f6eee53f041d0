"""Numbers and bullets of lists and headings, which Word computes when it shows a document."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from documents.parsers.docx.styles import child, int_value
from documents.parsers.docx.words import W

_PLACE = re.compile(r"%([1-9])")


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a numbering: `%1.%2` in `text` stand for the numbers of the levels."""

    form: str = "bullet"
    text: str = ""
    start: int = 1


class Numbering:
    """The numberings of a document, counting as its paragraphs are read in order."""

    def __init__(self, root: Any) -> None:
        self._abstract: dict[str, dict[int, Level]] = {}
        self._instances: dict[str, tuple[str, dict[int, Level]]] = {}
        self._counts: dict[str, dict[int, int]] = {}
        if root is None:
            return
        for element in root.iterchildren(f"{W}abstractNum"):
            self._abstract[element.get(f"{W}abstractNumId") or ""] = _levels(element)
        for element in root.iterchildren(f"{W}num"):
            base = child(element, "abstractNumId")
            key = (base.get(f"{W}val") or "") if base is not None else ""
            self._instances[element.get(f"{W}numId") or ""] = key, self._overridden(element, key)

    def label(self, number: str, level: int) -> str:
        """The label of the next paragraph of a numbering: `3.`, `1.2`, `b)`, or `-` for a bullet."""
        base, levels = self._instances.get(number, ("", {}))
        own = levels.get(level, Level())
        counts = self._counts.setdefault(base or number, {})
        counts[level] = counts.get(level, own.start - 1) + 1
        for deeper in [key for key in counts if key > level]:
            del counts[deeper]
        if own.form == "bullet":
            return "-"
        if own.form == "none":
            return ""

        def shown(match: re.Match[str]) -> str:
            at = int(match[1]) - 1
            other = levels.get(at, Level("decimal"))
            return _formatted(counts.get(at, other.start), other.form)

        return _PLACE.sub(shown, own.text).strip()

    def _overridden(self, element: Any, base: str) -> dict[int, Level]:
        levels = dict(self._abstract.get(base, {}))
        for override in element.iterchildren(f"{W}lvlOverride"):
            at = int_of(override.get(f"{W}ilvl"))
            start = int_value(child(override, "startOverride"))
            replaced = _levels(override)
            levels.update(replaced)
            if start is not None and at in levels:
                levels[at] = Level(levels[at].form, levels[at].text, start)
        return levels


def int_of(text: str | None) -> int:
    """A small number of an attribute; 0 where it is none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 4 else 0


def _levels(element: Any) -> dict[int, Level]:
    found = {}
    for level in element.iterchildren(f"{W}lvl"):
        form, text = child(level, "numFmt"), child(level, "lvlText")
        found[int_of(level.get(f"{W}ilvl"))] = Level(
            (form.get(f"{W}val") or "decimal") if form is not None else "decimal",
            (text.get(f"{W}val") or "") if text is not None else "",
            int_value(child(level, "start")) or 1,
        )
    return found


_ROMAN: Mapping[int, str] = {
    1000: "m", 900: "cm", 500: "d", 400: "cd", 100: "c", 90: "xc", 50: "l", 40: "xl", 10: "x", 9: "ix", 5: "v", 4: "iv",
    1: "i",
}  # fmt: skip


def _formatted(number: int, form: str) -> str:
    """A number in one of Word's forms; those of other scripts in digits (ECMA-376 17.18.59)."""
    if form.endswith("Letter") and number > 0:
        letter = chr(ord("a") + (number - 1) % 26) * min((number - 1) // 26 + 1, 8)
        return letter.upper() if form.startswith("upper") else letter
    if form.endswith("Roman") and 0 < number < 5000:
        roman = ""
        for value, digits in _ROMAN.items():
            times, number = divmod(number, value)
            roman += digits * times
        return roman.upper() if form.startswith("upper") else roman
    return f"{number:02d}" if form == "decimalZero" else str(number)
