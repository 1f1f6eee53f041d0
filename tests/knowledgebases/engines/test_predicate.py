"""Conditions on metadata: what PostgreSQL makes of them is what is written here in Python."""

import json
import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from knowledgebases.conditions import DATE, NUMBER, OPERATORS, ORDERED, All, Condition, Either, Kind, Not, Relation
from knowledgebases.engines.predicate import Predicate

pytestmark = pytest.mark.django_db
database = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

COMPARED = {
    Relation.EQUAL: lambda a, b: a == b,
    Relation.MORE: lambda a, b: a > b,
    Relation.LESS: lambda a, b: a < b,
    Relation.AT_LEAST: lambda a, b: a >= b,
    Relation.AT_MOST: lambda a, b: a <= b,
    Relation.CONTAINS: lambda a, b: b in a,
    Relation.STARTS: lambda a, b: a.startswith(b),
    Relation.ENDS: lambda a, b: a.endswith(b),
}


def meets(where, fields):
    match where:
        case All(parts):
            return all(meets(part, fields) for part in parts)
        case Either(parts):
            return any(meets(part, fields) for part in parts)
        case Not(part):
            return not meets(part, fields)
    operator, found = OPERATORS[where.operator], fields.get(where.name)
    items = found if isinstance(found, list) else [found]
    return any(passes(item, operator.relation, where.kind, where.value) for item in items) != operator.negated


def passes(found, test, kind, wanted):
    if found is None or found in ("", [], {}):
        return False
    if test is Relation.FILLED:
        return True
    if test is Relation.AMONG:
        return any(passes(found, Relation.EQUAL, kind, one) for one in wanted)
    if kind in (Kind.NUMBER, Kind.DATE) and test in ORDERED:
        read = number if kind is Kind.NUMBER else moment
        pair = (read(found), read(wanted))
        return None not in pair and COMPARED[test](*pair)
    pair = (number(found), number(wanted))
    if kind is Kind.TEXT or None in pair or test not in ORDERED:
        pair = (folded(found), folded(wanted))
    return COMPARED[test](*pair)


def number(value):
    if isinstance(value, str):
        return Decimal(value.strip(" \t\r\n")) if re.search(NUMBER, value) else None
    return Decimal(str(float(value) if isinstance(value, bool) else value)) if isinstance(value, int | float) else None


def moment(value):
    if not isinstance(value, str) or not re.search(DATE, value):
        return None
    read = datetime.fromisoformat(value)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def folded(value):
    if isinstance(value, str):
        return value.casefold()
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        text = format(Decimal(str(value)), "f") if value else "0"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return json.dumps(value, ensure_ascii=False).casefold()


def holds(where, fields):
    """What PostgreSQL says."""
    predicate = Predicate(where, "d.meta_fields")
    with connection.cursor() as cursor:
        sql = f"SELECT {predicate.sql} FROM (VALUES (%(fields)s::jsonb)) d (meta_fields)"
        cursor.execute(sql, {**predicate.parameters, "fields": json.dumps(fields)})
        (found,) = cursor.fetchone()
    return found


# Characters that both sides know: Python's tables of Unicode are older than PostgreSQL's.
texts = st.text(st.characters(exclude_categories=["Cs", "Cn"], exclude_characters="\0"), max_size=6)
numbers = st.one_of(
    st.integers(-20, 20),
    st.integers(-(10**400), 10**400),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0.0, -0.0, 1.10, 1e-7, 1e16, 2**53 + 1, 10**400]),
)
spelled = st.one_of(
    numbers.map(str),
    st.sampled_from(
        [" 7\n", "+7", "7.", ".5", "07", "1e3", "1E-3", "1_000", "nan", "inf", "٣", "1e9999", "--1", "7 7"]
    ),
)
days = st.sampled_from(
    [
        *(
            "2024-02-29",
            "2023-02-29",
            "2000-02-29",
            "1900-02-29",
            "2024-04-31",
            "2024-12-31",
            "0000-01-01",
            "0001-01-01",
        ),
        *("2024-05-01T10:00", "2024-05-01 10:00:00", "2024-05-01T10:00Z", "2024-05-01T12:00+02:00", "9999-12-31"),
        *("2024-05-01T10:00:00.5Z", "2024-05-01T24:00", "2024-05-01T10:00-14:00", "2024-5-1", "2024-05-01T10", "2024"),
    ]
)
words = st.one_of(
    texts, st.sampled_from(["", "Straße", "STRASSE", "İx", "ΣΑΣ", "σας", "an otter", "OTTER", "true", "null"])
)
scalars = st.one_of(st.none(), st.booleans(), numbers, spelled, days, words)
items = st.one_of(scalars, st.just({}), st.just([]), st.dictionaries(st.just("key"), st.one_of(st.integers(), texts)))
values = st.one_of(items, st.lists(items, max_size=3))
names = st.sampled_from(["a", "b", "A", "", "'; DROP TABLE rag_document; --", "%(kb_ids)s", "{}"])


@st.composite
def conditions(draw):
    name = draw(st.sampled_from(sorted(OPERATORS)))
    several = OPERATORS[name].relation is Relation.AMONG
    value = draw(st.lists(scalars, min_size=1, max_size=3) if several else scalars)
    return Condition(draw(names), name, value, draw(st.sampled_from(Kind)))


wheres = st.recursive(
    conditions(),
    lambda parts: st.one_of(
        st.lists(parts, min_size=1, max_size=3).map(lambda some: All(tuple(some))),
        st.lists(parts, min_size=1, max_size=3).map(lambda some: Either(tuple(some))),
        parts.map(Not),
    ),
    max_leaves=6,
)


@database
@given(conditions(), values)
@example(Condition("a", "is", "2024-05-01T12:00+02:00", Kind.DATE), "2024-05-01 10:00")
@example(Condition("a", "not in", [1, "x"]), ["y", None, "1.0"])
def test_a_condition_holds_where_python_says_so(condition, value):
    fields = {condition.name: value}

    assert holds(condition, fields) is meets(condition, fields)


@database
@given(wheres, st.dictionaries(names, values, max_size=4))
def test_nested_conditions_hold_where_python_says_so(where, fields):
    assert holds(where, fields) is meets(where, fields)


@pytest.mark.parametrize("operator", OPERATORS)
def test_a_field_that_is_not_there_is_empty(operator):
    value = ["x"] if OPERATORS[operator].relation is Relation.AMONG else "x"

    assert holds(Condition("field", operator, value), {}) is OPERATORS[operator].negated


@pytest.mark.parametrize(
    ("found", "operator", "value", "expected"),
    [
        ("Ada", "is", "ada", True),
        ("Ada", "=", "Bob", False),
        ("10", "is", 10.0, True),
        ("Ada", "not is", "Bob", True),
        (10, "≠", "10", False),
        ("9", "<", "10", True),
        ("9a", "<", "10", False),
        ("2024-05-01", ">", "2023-12-31", True),
        (5, "≥", 5, True),
        (5, "≤", 4, False),
        ("An otter", "contains", "OTTER", True),
        ("An otter", "not contains", "otter", False),
        ("An otter", "start with", "an", True),
        ("An otter", "end with", "otter", True),
        ("", "empty", None, True),
        (0, "empty", None, False),
        ("x", "not empty", None, True),
        (["a", "b"], "is", "b", True),
        (["a", "b"], "not is", "b", False),
        (["a", "b"], "in", ["c", "B"], True),
        ([], "empty", None, True),
        ({"nested": 1}, "contains", "nested", True),
        (9007199254740993, "is", 9007199254740992, False),
        (10**400, ">", 1, True),
        ("x", "is", 10**400, False),
    ],
)
def test_a_field_meets_a_condition(found, operator, value, expected):
    assert holds(Condition("field", operator, value), {"field": found}) is expected


@pytest.mark.parametrize(
    ("kind", "found", "operator", "value", "expected"),
    [
        (Kind.NUMBER, "ten", "<", 11, False),
        (Kind.NUMBER, "ten", "not is", 10, True),
        (Kind.TEXT, "10", "is", "10.0", False),
        (Kind.TEXT, 10, "<", 9, True),
        (Kind.DATE, "2024-05-01", "<", "2024-05-01T00:00:01", True),
        (Kind.DATE, "2024-05-01T01:00+02:00", "<", "2024-05-01", True),
        (Kind.DATE, "2024-02-30", "≤", "2024-12-31", False),
        (Kind.DATE, ["2020-01-01", "2025-01-01"], ">", "2024-12-31", True),
    ],
)
def test_the_kind_of_a_condition_decides_what_is_compared(kind, found, operator, value, expected):
    assert holds(Condition("field", operator, value, kind), {"field": found}) is expected
