"""The places of a call where a hostile value can stand."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.security.matrix.rows import Row
from tests.security.matrix.values import ABSENT


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a call a value stands: `part` of it, and the way down to the key."""

    part: str
    way: tuple[str | int, ...]


def places(row: Row) -> Iterator[Place]:
    """Every place of a call, nested ones too."""
    yield from (Place("query", (key,)) for key in row.query)
    if row.body is not None:
        yield from (Place("body", way) for way in _ways(row.body))
    yield from (Place("form", (key,)) for key in row.form or {})
    extra = "query" if row.method == "GET" else "body"
    yield from (Place(extra, (key,)) for key in row.also)
    pieces = row.path.split("/")
    yield from (Place("path", (number,)) for number, piece in enumerate(pieces) if "{" in piece)


def _ways(value: Any, way: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if way:
        yield way
    if isinstance(value, Mapping):
        for key, nested in value.items():
            yield from _ways(nested, (*way, key))
    elif isinstance(value, list) and value:
        yield from _ways(value[0], (*way, 0))


_MARK = "\x1a hostile \x1a"


def replaced(body: Any, way: tuple[str | int, ...], fragment: str) -> bytes:
    """The JSON text of `body` with `fragment` at the end of `way`."""
    copy = json.loads(json.dumps(body or {}))
    inner = copy
    for step in way[:-1]:
        inner = inner[step]
    inner[way[-1]] = _MARK
    if fragment == ABSENT:
        del inner[way[-1]]
        return json.dumps(copy).encode()
    return json.dumps(copy).replace(json.dumps(_MARK), fragment, 1).encode()
