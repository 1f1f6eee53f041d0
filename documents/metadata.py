"""Picking documents by their metadata (contract F.4), and gathering it (C.4)."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from documents.models import Document
from knowledgebases.models import Knowledgebase

Test = Callable[[Any, Any], bool]


@dataclass(frozen=True, slots=True)
class Condition:
    """What a field of a document's metadata has to be; `operator` is one of OPERATORS."""

    name: str
    operator: str
    value: Any = None


def _compared(how: Callable[[Any, Any], bool]) -> Test:
    """Numbers as numbers where both sides are, else texts; nothing compares with a field that is not there."""

    def test(found: Any, wanted: Any) -> bool:
        if _empty(found):
            return False
        try:
            return how(float(found), float(wanted))
        except (TypeError, ValueError, OverflowError):
            return how(_text(found), _text(wanted))

    return test


def _worded(how: Callable[[str, str], bool]) -> Test:
    return lambda found, wanted: not _empty(found) and how(_text(found), _text(wanted))


def _empty(found: Any) -> bool:
    return found is None or found in ("", [], {})


def _text(value: Any) -> str:
    return str(value).casefold()


def _negated(test: Test) -> Test:
    return lambda found, wanted: not test(found, wanted)


_EQUAL = _compared(lambda found, wanted: found == wanted)
_CONTAINS = _worded(lambda found, wanted: wanted in found)
_NOT_EQUAL = _negated(_EQUAL)

OPERATORS: Mapping[str, Test] = {
    "is": _EQUAL,
    "=": _EQUAL,
    "==": _EQUAL,
    "not is": _NOT_EQUAL,
    "≠": _NOT_EQUAL,
    "!=": _NOT_EQUAL,
    ">": _compared(lambda found, wanted: found > wanted),
    "<": _compared(lambda found, wanted: found < wanted),
    "≥": _compared(lambda found, wanted: found >= wanted),
    ">=": _compared(lambda found, wanted: found >= wanted),
    "≤": _compared(lambda found, wanted: found <= wanted),
    "<=": _compared(lambda found, wanted: found <= wanted),
    "contains": _CONTAINS,
    "not contains": _negated(_CONTAINS),
    "start with": _worded(lambda found, wanted: found.startswith(wanted)),
    "end with": _worded(lambda found, wanted: found.endswith(wanted)),
    "empty": lambda found, _: _empty(found),
    "not empty": lambda found, _: not _empty(found),
}
"""By name; a field that a document does not have is empty. A list holds where one of its items does."""


def matching(kbs: Sequence[Knowledgebase], conditions: Sequence[Condition]) -> list[str]:
    """Ids of the living documents of `kbs` whose metadata meet every condition."""
    rows = Document.objects.live().filter(kb__in=kbs).order_by().values_list("pk", "meta_fields")
    return [pk for pk, fields in rows.iterator(chunk_size=2000) if meets(fields, conditions)]


def gathered(kbs: Sequence[Knowledgebase]) -> dict[str, dict[str, list[str]]]:
    """Fields in the metadata of the living documents of `kbs`, their values as text, and the ids that have each.

    The items of a list are values of their own.
    """
    found: dict[str, dict[str, list[str]]] = {}
    rows = Document.objects.live().filter(kb__in=kbs).exclude(meta_fields={}).order_by("-created_at", "pk")
    for pk, fields in rows.values_list("pk", "meta_fields").iterator(chunk_size=2000):
        for name, value in fields.items():
            values = value if isinstance(value, list) else [value]
            for text in dict.fromkeys(map(_spelled, values)):
                found.setdefault(name, {}).setdefault(text, []).append(pk)
    return found


def _spelled(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def meets(fields: Mapping[str, Any], conditions: Sequence[Condition]) -> bool:
    """Whether metadata meet every condition."""
    return all(_holds(fields.get(condition.name), condition) for condition in conditions)


def _holds(found: Any, condition: Condition) -> bool:
    test = OPERATORS[condition.operator]
    if not isinstance(found, list) or not found:
        return test(found, condition.value)
    quantifier = all if test in _FOR_ALL else any
    return quantifier(test(item, condition.value) for item in found)


_FOR_ALL = {_NOT_EQUAL, OPERATORS["not contains"], OPERATORS["empty"]}
