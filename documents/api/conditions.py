"""`metadata_condition` on the wire: the contract's conditions (F.4), and groups of them, which are beyond it."""

import re
from collections.abc import Mapping
from typing import Any

from knowledgebases.conditions import (
    DATE,
    NUMBER,
    OPERATORS,
    ORDERED,
    All,
    Condition,
    Either,
    Kind,
    Not,
    Relation,
    Where,
)
from system.errors import ArgumentError, TooLarge

CONDITIONS = 64
CONDITION_CHARS = 1000  # of a name, or of a value
DEPTH = 8

HELP = (
    "`{conditions: [{name, comparison_operator, value, type}]}`: search only documents whose metadata meet all of "
    "them. A condition may be a group of others: `{and: […]}`, `{or: […]}` or `{not: …}`; the whole may be a condition "
    "or a group. `type` is `number`, `date` (ISO 8601) or `text`; without it values are numbers where both sides are "
    "some, else texts."
)
_GROUPS: Mapping[str, type[All] | type[Either]] = {"and": All, "or": Either}
_JOINS = (*_GROUPS, "not")
_FORMS = (*_JOINS, "conditions", "name")  # where an object had two of them, one would be left out in silence
_SHAPE = "A condition should be an object with `name`, `comparison_operator` and `value`, or with `and`, `or` or `not`."


def conditions(value: Any) -> Where | None:
    """What documents have to be: a list of conditions, a condition or a group; None where null or empty."""
    if isinstance(value, dict) and (_group_of(value) or "name" in value):
        return _Reader().read(value)
    listed = value.get("conditions") if isinstance(value, dict) else value
    if not listed and (value is None or isinstance(value, dict)):
        return None
    if not isinstance(value, dict) or not isinstance(listed, list):
        raise ArgumentError("`metadata_condition` should be an object with a list `conditions`.")
    return _Reader().read({"and": listed})


class _Reader:
    """Reads one `metadata_condition`, and counts what it holds."""

    def __init__(self) -> None:
        self._count = 0

    def read(self, value: Any, depth: int = 0) -> Where:
        """A condition or a group. Raises ArgumentError, or TooLarge."""
        if not isinstance(value, dict):
            raise ArgumentError(_SHAPE)
        group = _group_of(value)
        if group is None:
            return self._condition(value)
        if depth == DEPTH:
            raise TooLarge(f"Groups of conditions may be nested {DEPTH} deep.")
        if group == "not":
            return Not(self.read(value["not"], depth + 1))
        parts = value[group]
        if not isinstance(parts, list) or not parts:
            raise ArgumentError(f"`{group}` should be a list of conditions, one at least.")
        self._few(len(parts))
        return _GROUPS[group](tuple(self.read(part, depth + 1) for part in parts))

    def _condition(self, value: Mapping[str, Any]) -> Condition:
        name, operator, wanted = value.get("name"), value.get("comparison_operator"), value.get("value")
        if not isinstance(name, str):
            raise ArgumentError(_SHAPE)
        if not isinstance(operator, str) or operator not in OPERATORS:
            known = ", ".join(f"`{one}`" for one in OPERATORS)
            raise ArgumentError(f"There is no comparison operator {str(operator)[:64]!r}; there are {known}.")
        values = [wanted]
        if OPERATORS[operator].relation is Relation.AMONG:
            if not isinstance(wanted, list) or not wanted:
                raise ArgumentError(f"The value of `{operator}` should be a list of values, one at least.")
            values = wanted
        self._count += len(values)
        self._few(self._count)
        if len(name) > CONDITION_CHARS or any(len(str(one)) > CONDITION_CHARS for one in values):
            raise TooLarge(f"Name and value of a condition may have {CONDITION_CHARS:,} characters each.")
        return Condition(name, operator, wanted, _kind(value.get("type"), operator, values))

    def _few(self, count: int) -> None:
        if count > CONDITIONS:
            raise TooLarge(
                f"`metadata_condition` may have {CONDITIONS} conditions, each value of a list counted; "
                f"this one has {count:,} or more."
            )


def _group_of(value: Mapping[str, Any]) -> str | None:
    """How an object joins conditions; None where it is one of its own, or the contract's list."""
    given = [name for name in _FORMS if name in value]
    if len(given) > 1:
        listed = ", ".join(f"`{name}`" for name in given)
        raise ArgumentError(f"A condition should have only one of {listed}: put them into a list of `and` or `or`.")
    return given[0] if given and given[0] in _JOINS else None


def _kind(given: Any, operator: str, values: list[Any]) -> Kind:
    """What the values are taken for; they have to be some."""
    if given is None:
        return Kind.AUTO
    if not isinstance(given, str) or given not in list(Kind):
        known = ", ".join(f"`{kind}`" for kind in Kind)
        raise ArgumentError(f"There is no type {str(given)[:64]!r} of a condition; there are {known}.")
    kind, relation = Kind(given), OPERATORS[operator].relation
    if kind in (Kind.AUTO, Kind.TEXT) or relation is Relation.FILLED:
        return kind
    if relation not in ORDERED:
        raise ArgumentError(f"`{operator}` compares texts: leave `type` out.")
    spelled, shape = (NUMBER, "numbers") if kind is Kind.NUMBER else (DATE, "dates such as 2025-01-31 or with a time")
    for one in values:
        number = kind is Kind.NUMBER and isinstance(one, int | float) and not isinstance(one, bool)
        if not number and not (isinstance(one, str) and re.search(spelled, one)):
            raise ArgumentError(f"Conditions of type `{kind}` compare {shape}, not {str(one)[:64]!r}.")
    return kind
