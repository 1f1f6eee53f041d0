"""What documents have to be by their metadata: conditions of the contract (F.4), and how they may be joined.

Plain values: engines make of them whatever they search with. How a condition is judged is told here, and done in SQL
by `engines.predicate`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What the values of a field are taken for."""

    AUTO = "auto"
    """Numbers where both sides are some, else texts: the contract's way."""
    NUMBER = "number"
    DATE = "date"
    TEXT = "text"


class Relation(StrEnum):
    """What one value of a field has to be to another."""

    EQUAL = "="
    MORE = ">"
    LESS = "<"
    AT_LEAST = ">="
    AT_MOST = "<="
    CONTAINS = "contains"
    STARTS = "starts"
    ENDS = "ends"
    AMONG = "among"
    FILLED = "filled"


ORDERED = {Relation.EQUAL, Relation.MORE, Relation.LESS, Relation.AT_LEAST, Relation.AT_MOST, Relation.AMONG}
"""Those that know numbers and dates; the others know texts alone."""


@dataclass(frozen=True, slots=True)
class Operator:
    """A relation, or what holds wherever that does not."""

    relation: Relation
    negated: bool = False


OPERATORS: Mapping[str, Operator] = {
    **dict.fromkeys(["is", "=", "=="], Operator(Relation.EQUAL)),
    **dict.fromkeys(["not is", "≠", "!="], Operator(Relation.EQUAL, negated=True)),
    ">": Operator(Relation.MORE),
    "<": Operator(Relation.LESS),
    **dict.fromkeys(["≥", ">="], Operator(Relation.AT_LEAST)),
    **dict.fromkeys(["≤", "<="], Operator(Relation.AT_MOST)),
    "contains": Operator(Relation.CONTAINS),
    "not contains": Operator(Relation.CONTAINS, negated=True),
    "start with": Operator(Relation.STARTS),
    "end with": Operator(Relation.ENDS),
    "in": Operator(Relation.AMONG),
    "not in": Operator(Relation.AMONG, negated=True),
    "empty": Operator(Relation.FILLED, negated=True),
    "not empty": Operator(Relation.FILLED),
}
"""By name. `in` and `not in`, whose value is a list, are beyond the contract."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What a field of a document's metadata has to be; `operator` is one of OPERATORS.

    A field that is not there, null, or an empty text, list or object is empty, and is in no relation. A list is in one
    where one of its items is, and so meets a negated operator where none of them is. Texts are compared character by
    character, without regard to case; what is neither text nor number is its JSON.
    """

    name: str
    operator: str
    value: Any = None
    kind: Kind = Kind.AUTO


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds."""

    parts: tuple["Where", ...]


@dataclass(frozen=True, slots=True)
class Either:
    """One part holds at least."""

    parts: tuple["Where", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: "Where"


Where = Condition | All | Either | Not
"""What documents have to be."""

# How a number and a date are spelled in a text, for Python and PostgreSQL alike. Bounded, so that every text which
# matches is a value of PostgreSQL's `numeric` or `timestamptz`; without `\d`, which knows more digits than 0 to 9.
NUMBER = r"\A[ \t\r\n]*[+-]?([0-9]{1,255}(\.[0-9]{0,255})?|\.[0-9]{1,255})([eE][+-]?[0-9]{1,3})?[ \t\r\n]*\Z"
_LEAP = r"([0-9][0-9](0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29"
_DAY = (
    r"[0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    r"|02-(0[1-9]|1[0-9]|2[0-8]))"
)
_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])?"
DATE = rf"\A(?!0000)({_LEAP}|{_DAY})([T ]{_TIME})?\Z"
"""ISO 8601: a day, or a time of it; without a zone it is UTC."""
