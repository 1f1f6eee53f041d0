"""The text of runs and formulas of a Word document."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"

_CHARACTERS: Mapping[str, str] = {
    f"{W}tab": "\t",
    f"{W}ptab": "\t",
    f"{W}br": "\n",
    f"{W}cr": "\n",
    f"{W}noBreakHyphen": "-",
}
_SKIPPED = frozenset(
    f"{W}{tag}" for tag in ("del", "moveFrom", "rPr", "pPr", "instrText", "delText", "delInstrText", "txbxContent")
)


def words(element: Any) -> str:
    """The text of a paragraph or run in reading order; text boxes inside of it are left to the caller."""
    return "".join(_words(element))


def _words(element: Any) -> Iterator[str]:
    for child in element:
        tag = child.tag
        if tag in _SKIPPED:
            continue
        if tag == f"{W}t":
            yield child.text or ""
        elif tag in _CHARACTERS:
            yield _CHARACTERS[tag]
        elif tag == f"{W}sym":
            yield _symbol(child)
        elif tag in (f"{W}footnoteReference", f"{W}endnoteReference"):
            yield f"[{child.get(f'{W}id')}]"
        elif tag == f"{MC}AlternateContent":
            yield from _words(alternative(child))
        elif tag.startswith(M):
            yield formula(child)
        else:
            yield from _words(child)


def alternative(element: Any) -> Any:
    """The one branch of an AlternateContent that is read: its first (the choice, else the fallback); () for none."""
    return next(iter(element), ())


def _symbol(element: Any) -> str:
    """A character by its code; those of symbol fonts (F000 to F0FF) have no meaning as text, most are bullets."""
    code = element.get(f"{W}char") or ""
    try:
        number = int(code, 16)
    except ValueError:
        return ""
    return "•" if 0xF000 <= number <= 0xF0FF else chr(number) if 0 < number < 0xD800 else ""


def formula(element: Any) -> str:
    """A formula in one line, as one would type it: `(a+b)/c`, `x^2`, `√(x)`."""
    shape = _FORMULAS.get(element.tag)
    if shape is not None:
        return shape(element)
    if element.tag in (f"{M}t", f"{W}t"):
        return element.text or ""
    return "".join(formula(child) for child in element if isinstance(child.tag, str))


def _part(element: Any, tag: str) -> str:
    found = element.find(f"{M}{tag}")
    return formula(found) if found is not None else ""


def _grouped(text: str) -> str:
    return text if len(text) <= 1 or text.isalnum() else f"({text})"


def _script(element: Any, tags: tuple[tuple[str, str], ...]) -> str:
    scripts = ((mark, _part(element, tag)) for tag, mark in tags)
    return _part(element, "e") + "".join(mark + _grouped(text) for mark, text in scripts if text)


def _large(element: Any) -> str:
    sign = element.find(f"{M}naryPr/{M}chr")
    char = (sign.get(f"{M}val") if sign is not None else None) or "∫"
    low, high = _part(element, "sub"), _part(element, "sup")
    return char + (f"_{_grouped(low)}" if low else "") + (f"^{_grouped(high)}" if high else "") + _part(element, "e")


def _delimited(element: Any) -> str:
    properties = element.find(f"{M}dPr")
    marks = {"begChr": "(", "endChr": ")"}
    for tag in marks:
        found = properties.find(f"{M}{tag}") if properties is not None else None
        if found is not None:
            marks[tag] = found.get(f"{M}val") or ""
    inner = "|".join(formula(part) for part in element.iterchildren(f"{M}e"))
    return f"{marks['begChr']}{inner}{marks['endChr']}"


_FORMULAS: Mapping[str, Callable[[Any], str]] = {
    f"{M}f": lambda element: f"{_grouped(_part(element, 'num'))}/{_grouped(_part(element, 'den'))}",
    f"{M}sSup": lambda element: _script(element, (("sup", "^"),)),
    f"{M}sSub": lambda element: _script(element, (("sub", "_"),)),
    f"{M}sSubSup": lambda element: _script(element, (("sub", "_"), ("sup", "^"))),
    f"{M}rad": lambda element: f"√{_part(element, 'deg')}({_part(element, 'e')})",
    f"{M}nary": _large,
    f"{M}d": _delimited,
}
