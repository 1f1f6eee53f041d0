"""Names that are not taken yet (contract A.7)."""

import os.path
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Lower

TRIES = 1000
_NUMBERED = re.compile(r"^(.*)\(([0-9]{1,9})\)$", re.DOTALL)


def candidates(
    name: str, *, taken: Callable[[Sequence[str]], Iterable[str]], limit: int | None = None
) -> Iterator[str]:
    """Names to try in turn: `name`, then `x(1)`, `x(2)` … in front of the suffix, without those that are taken.

    `taken` tells which of some names there are, in whatever case; it is asked at most twice. A stem that ends in `(k)`
    counts on from k. With `limit`, stems are cut so that a numbered name has at most that many characters. Ends after
    TRIES names.
    """
    if not _folded(taken([name])):
        yield name
    numbered = _numbered(name, limit)
    there = _folded(taken(numbered))
    yield from (candidate for candidate in numbered if candidate.lower() not in there)


def among(rows: QuerySet[Any]) -> Callable[[Sequence[str]], Iterable[str]]:
    """Which of some names `rows` have, compared as the unique constraints on `Lower("name")` do: for `candidates`."""
    folded = rows.order_by().alias(folded=Lower("name"))

    def taken(names: Sequence[str]) -> Iterable[str]:
        # One parameter for all: an expression for each of a thousand names would take Django 0.2 s to put together.
        asked = RawSQL("SELECT lower(asked) FROM unnest(%s::text[]) AS asked", [list(names)])
        found: QuerySet[Any, str] = folded.filter(folded__in=asked).values_list("name", flat=True)
        return found

    return taken


def _folded(names: Iterable[str]) -> set[str]:
    # Python may fold a rare letter otherwise than the database; the unique constraint has the last word.
    return {name.lower() for name in names}


def _numbered(name: str, limit: int | None) -> list[str]:
    stem, suffix = os.path.splitext(name)  # noqa: PTH122 -- a name, not a path: it may hold slashes
    if limit and len(suffix) > limit // 2:
        stem, suffix = name, ""
    counted = _NUMBERED.match(stem)
    stem, first = (counted[1], int(counted[2]) + 1) if counted else (stem, 1)
    marks = [f"({number}){suffix}" for number in range(first, first + TRIES - 1)]
    return [f"{stem[: limit - len(mark)] if limit else stem}{mark}" for mark in marks]
