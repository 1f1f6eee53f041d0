"""Conditions on metadata as one SQL predicate: part of a search, whatever the number of documents.

Names and values travel as parameters only; what is written into the statement comes from tables of this module.
"""

import json
from typing import Any

from django.db import connection

from knowledgebases.conditions import DATE, NUMBER, OPERATORS, All, Condition, Either, Kind, Not, Relation, Where
from knowledgebases.engines.base import Query

_EMPTY = """ARRAY['null', '""', '[]', '{}']::jsonb[]"""
_OF_TEXTS = {
    Relation.CONTAINS: "strpos({found}, {wanted}) > 0",
    Relation.STARTS: "starts_with({found}, {wanted})",
    Relation.ENDS: "right({found}, length({wanted})) = {wanted}",
}


class Predicate:
    """The predicate of some conditions on `column`, a jsonb object: `sql` with its `parameters`, `m0`, `m1` …

    It is never null: nothing that a document's metadata hold can raise an error in it.
    """

    def __init__(self, where: Where, column: str) -> None:
        self.parameters: dict[str, Any] = {}
        self._column = column
        self.sql = self._of(where)

    def _of(self, where: Where) -> str:
        match where:
            case All(parts):
                return f"({' AND '.join(map(self._of, parts))})"
            case Either(parts):
                return f"({' OR '.join(map(self._of, parts))})"
            case Not(part):
                return f"(NOT {self._of(part)})"
            case Condition():
                return self._condition(where)

    def _condition(self, condition: Condition) -> str:
        """One value is judged as it is, a list by its items: unnesting each value would cost five times as much."""
        operator = OPERATORS[condition.operator]
        field = f"coalesce({self._column} -> {self._bound(condition.name)}::text, 'null')"
        values = condition.value if operator.relation is Relation.AMONG else [condition.value]
        wanted = [f"{self._bound(json.dumps(value))}::jsonb" for value in values]
        scalar, item = (self._held(found, operator.relation, condition.kind, wanted) for found in (field, "item"))
        listed = f"EXISTS (SELECT FROM jsonb_array_elements({field}) AS items (item) WHERE {item})"
        holds = f"CASE WHEN jsonb_typeof({field}) = 'array' THEN {listed} ELSE {scalar} END"
        return f"(NOT {holds})" if operator.negated else f"({holds})"

    def _held(self, found: str, relation: Relation, kind: Kind, wanted: list[str]) -> str:
        filled = f"{found} <> ALL ({_EMPTY})"
        if relation is Relation.FILLED:
            return filled
        one = Relation.EQUAL if relation is Relation.AMONG else relation
        return f"({filled} AND ({' OR '.join(_compared(found, one, kind, value) for value in wanted)}))"

    def _bound(self, value: str) -> str:
        name = f"m{len(self.parameters)}"
        self.parameters[name] = value
        return f"%({name})s"


def narrowing(query: Query) -> tuple[str, dict[str, Any]]:
    """SQL that is true of a document `d` which `query` is narrowed to, and its parameters; empty where it is not."""
    wanted: list[str] = []
    parameters: dict[str, Any] = {}
    if query.document_ids is not None:
        wanted.append("d.id = ANY(%(document_ids)s)")
        parameters["document_ids"] = list(query.document_ids)
    if query.where is not None:
        predicate = Predicate(query.where, "d.meta_fields")
        wanted.append(predicate.sql)
        parameters |= predicate.parameters
    return " AND ".join(wanted), parameters


def _compared(found: str, relation: Relation, kind: Kind, wanted: str) -> str:
    """Whether a value that is not empty passes; the side of `wanted` is a constant, which the planner computes once."""
    texts = {"found": _folded(found), "wanted": _folded(wanted)}
    if relation in _OF_TEXTS:
        return _OF_TEXTS[relation].format_map(texts)
    if kind is Kind.NUMBER:
        return f"coalesce({_number(found)} {relation} {_number(wanted)}, false)"
    if kind is Kind.DATE:
        return f"coalesce({_date(found)} {relation} {_date(wanted)}, false)"
    as_texts = f"{texts['found']} {relation} {texts['wanted']}"
    if kind is Kind.TEXT:
        return as_texts
    return f"coalesce({_number(found)} {relation} {_number(wanted)}, {as_texts})"


def _number(value: str) -> str:
    """The number that a value is or spells; null for others. True counts 1, false 0."""
    return (
        f"CASE jsonb_typeof({value}) WHEN 'number' THEN ({value})::numeric WHEN 'boolean' THEN ({value})::boolean::int "
        f"ELSE CASE WHEN {value} #>> '{{}}' ~ '{NUMBER}' THEN ({value} #>> '{{}}')::numeric END END"
    )


def _date(value: str) -> str:
    """The time that a value spells; null for others. The zone of the session, for those without, is UTC."""
    return f"CASE WHEN {value} #>> '{{}}' ~ '{DATE}' THEN ({value} #>> '{{}}')::timestamptz END"


def _folded(value: str) -> str:
    """A value as text without regard to case, compared by code points; numbers without zeros that say nothing."""
    text = (
        f"CASE jsonb_typeof({value}) WHEN 'number' THEN trim_scale(({value})::numeric)::text "
        f"ELSE coalesce({value} #>> '{{}}', '') END"
    )
    if connection.pg_version >= 180_000:  # type: ignore[attr-defined]  # of PostgreSQL's backend
        return f"casefold(({text}) COLLATE pg_unicode_fast)"
    return f'lower({text}) COLLATE "C"'
