"""Evaluations that people wait for: one of a test set at a time, and a few of the whole site."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from documents.models import QuestionSet
from system.errors import TooMany

AT_ONCE = 2  # of the site: each keeps a web process busy for most of a minute, and two connections of its pool
_SLOTS = [f"slot {number}" for number in range(AT_ONCE)]
_AGAIN = 5  # seconds

# Locks of the session: they go with the connection, so that a process that is killed leaves its turn at once.
_TAKE = """
SELECT turn FROM unnest(%s::text[]) AS turn
WHERE pg_try_advisory_lock(hashtextextended('evaluation:' || turn, 0)) LIMIT 1
"""
_LEAVE = "SELECT pg_advisory_unlock_all()"


@contextmanager
def alone(question_set: QuestionSet) -> Iterator[None]:
    """Hold the test set's turn in the block, and one of the site's. Raises TooMany where others have them.

    On a connection of its own: searches that call a model's endpoint give theirs back to the pool meanwhile.
    """
    own = connection.copy()
    try:
        _take(own, [question_set.pk], "This test set is being evaluated")
        _take(own, _SLOTS, "Other test sets are being evaluated")
        yield
    finally:
        if own.is_usable():  # else the locks are gone with the connection
            with own.cursor() as cursor:
                cursor.execute(_LEAVE)
        own.close()


def _take(own: BaseDatabaseWrapper, turns: Sequence[str], taken: str) -> None:
    with own.cursor() as cursor:
        cursor.execute(_TAKE, [list(turns)])
        if cursor.fetchone() is None:
            raise TooMany(f"{taken}; come back when that has ended.", headers={"Retry-After": str(_AGAIN)})
