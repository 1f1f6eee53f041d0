"""Styles of a Word document: which of them make headings or lists."""

import re
from dataclasses import dataclass
from typing import Any

from documents.parsers.docx.words import W

MAX_CHAIN = 16
"""Styles that are based on each other; Word allows 11."""

_HEADING = re.compile(r"heading\s*([1-9])$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Style:
    """What a paragraph style says; None where it says nothing and its base decides."""

    name: str
    base: str
    outline: int | None
    """0 for the outermost heading, 9 for body text."""
    numbering: tuple[str, int] | None
    """Id of the numbering (`0` for none) and level."""


class Styles:
    """The paragraph styles of a document."""

    def __init__(self, root: Any) -> None:
        self._styles: dict[str, Style] = {}
        self._default = ""
        for element in root.iterchildren(f"{W}style") if root is not None else ():
            key = element.get(f"{W}styleId") or ""
            self._styles[key] = _style(element)
            if element.get(f"{W}type") == "paragraph" and element.get(f"{W}default") in ("1", "true"):
                self._default = key

    def heading(self, properties: Any) -> int:
        """The heading level, 1 to 6, of a paragraph with these properties (`w:pPr` or None); 0 for body text."""
        own = int_value(child(properties, "outlineLvl"))
        if own is not None:
            return min(own + 1, 6) if own < 9 else 0
        for style in self._chain(properties):
            if style.outline is not None:
                return min(style.outline + 1, 6) if style.outline < 9 else 0
            if found := _HEADING.match(style.name):
                return min(int(found[1]), 6)
            if style.name.lower() == "title":
                return 1
        return 0

    def numbering(self, properties: Any) -> tuple[str, int] | None:
        """Id and level of the numbering of a paragraph with these properties; None where it has none."""
        found = numbering_of(properties)
        if found is None:
            found = next((style.numbering for style in self._chain(properties) if style.numbering), None)
        return found if found and found[0] != "0" else None

    def _chain(self, properties: Any) -> list[Style]:
        named = child(properties, "pStyle")
        key = named.get(f"{W}val") if named is not None else self._default
        chain: list[Style] = []
        while key in self._styles and len(chain) < MAX_CHAIN:
            chain.append(self._styles[key])
            key = chain[-1].base
        return chain


def _style(element: Any) -> Style:
    properties = element.find(f"{W}pPr")
    name, base = child(element, "name"), child(element, "basedOn")
    return Style(
        name=(name.get(f"{W}val") or "") if name is not None else "",
        base=(base.get(f"{W}val") or "") if base is not None else "",
        outline=int_value(child(properties, "outlineLvl")),
        numbering=numbering_of(properties),
    )


def numbering_of(properties: Any) -> tuple[str, int] | None:
    """Id and level (from 0) in the `w:numPr` of paragraph properties."""
    numbered = child(properties, "numPr")
    identity = child(numbered, "numId")
    if identity is None:
        return None
    return identity.get(f"{W}val") or "0", min(int_value(child(numbered, "ilvl")) or 0, 8)


def child(element: Any, tag: str) -> Any:
    """A child by its name in Word's namespace; None where there is none, or no element to look in."""
    return element.find(f"{W}{tag}") if element is not None else None


def int_value(element: Any) -> int | None:
    """The number in an element's `w:val`; None where there is none."""
    text = element.get(f"{W}val") if element is not None else None
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 7 else None
