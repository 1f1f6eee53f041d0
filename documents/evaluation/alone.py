"""One evaluation of a test set at a time, where people wait for it: who asks again gets no second one beside it."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from documents.models import QuestionSet
from system.errors import TooMany

_TAKE = "SELECT pg_try_advisory_lock(hashtextextended('evaluation:' || %s, 0))"
_LEAVE = "SELECT pg_advisory_unlock(hashtextextended('evaluation:' || %s, 0))"
_AGAIN = 5  # seconds


@contextmanager
def alone(question_set: QuestionSet) -> Iterator[None]:
    """Hold the test set's turn in the block. Raises TooMany where somebody else has it.

    A lock of the session: it goes with the connection, so that a process that is killed leaves its turn at once.
    """
    if not _execute(_TAKE, question_set.pk):
        raise TooMany(
            "This test set is being evaluated; come back when that has ended.", headers={"Retry-After": str(_AGAIN)}
        )
    try:
        yield
    finally:
        if connection.is_usable():  # else the lock is gone with the connection
            _execute(_LEAVE, question_set.pk)


def _execute(statement: str, key: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(statement, [key])
        row = cursor.fetchone()
        return bool(row and row[0])
