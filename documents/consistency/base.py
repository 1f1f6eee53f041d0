"""What a check is, what it finds, and how it reads."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from django.db import connection

BATCH = 500  # rows of one fetch, or of one write


@dataclass(frozen=True, slots=True)
class Scope:
    """What is looked at: one dataset, or all with None; bytes, too, with `checksums`.

    What is younger than `grace_seconds` may be an upload under way, and is no finding.
    """

    grace_seconds: float
    kb_id: str | None = None
    checksums: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not agree: the id of the row that it is about, its dataset ("" for none), and how."""

    key: str
    kb_id: str
    what: str


class Check(Protocol):
    """One thing that has to agree."""

    @property
    def name(self) -> str:
        """A word for it."""

    @property
    def meaning(self) -> str:
        """What it means where it does not agree."""

    def find(self, scope: Scope) -> Iterator[Finding]:
        """What does not agree; changes nothing."""

    def repair(self, finding: Finding) -> str:
        """Mend a finding, if it still is one; returns what was done. Raises RagError where it cannot, with the cure."""


def found(sql: str, scope: Scope, **parameters: Any) -> Iterator[Finding]:
    """The rows (key, dataset, what) of a SELECT as findings; `%(kb)s` in it is the dataset, or NULL."""
    yield from (
        Finding(str(key), kb_id or "", what) for key, kb_id, what in rows(sql, {"kb": scope.kb_id, **parameters})
    )


def rows(sql: str, parameters: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    """The rows of a SELECT, fetched in batches from a cursor of the server's; others may write meanwhile."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, parameters)
        while batch := cursor.fetchmany(BATCH):
            yield from batch


def execute(sql: str, parameters: Mapping[str, Any]) -> int:
    """Run a statement; returns how many rows it changed."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        changed: int = cursor.rowcount
        return changed
