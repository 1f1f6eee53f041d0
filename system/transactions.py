"""Transactions: tried again after a deadlock or a serialisation conflict, and with more time where that is needed."""

import functools
import logging
import random
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import InterfaceError, InternalError, OperationalError, close_old_connections, connection, transaction
from psycopg import errors

P = ParamSpec("P")
R = TypeVar("R")

log = logging.getLogger(__name__)

# The database went away or cut us off; other errors of it (data, constraints) are ours or the document's.
OUTAGE = (OperationalError, InterfaceError, InternalError)

TRIES = 6
PAUSE = 0.02  # seconds; doubles, with jitter
_ALLOW = """
SELECT set_config('statement_timeout', (setting::bigint + %s)::text, true)
FROM pg_settings WHERE name = 'statement_timeout' AND setting <> '0'
"""


def retried(deed: Callable[P, R]) -> Callable[P, R]:
    """Run `deed` in one transaction, again from its start after 40P01 or 40001; it must be repeatable as a whole.

    Inside another transaction nothing is tried again: that one is lost already, and its owner has to repeat it.
    """

    @functools.wraps(deed)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        for attempt in range(TRIES):
            try:
                with transaction.atomic():
                    return deed(*args, **kwargs)
            except OperationalError as error:
                conflict = isinstance(error.__cause__, errors.DeadlockDetected | errors.SerializationFailure)
                if not conflict or attempt == TRIES - 1 or transaction.get_connection().in_atomic_block:
                    raise
                log.info("%s: tried again after %s", deed.__name__, type(error.__cause__).__name__)
                time.sleep(PAUSE * 2**attempt * random.uniform(0.5, 1.5))  # noqa: S311 -- jitter, not a secret
        raise AssertionError("unreachable")

    return run


def let_go() -> None:
    """Give the connection back to its pool before a long time without a query; within a transaction it is kept."""
    if not transaction.get_connection().in_atomic_block:
        close_old_connections()


def allow_more(seconds: float) -> None:
    """Have each statement of the rest of this transaction take that much longer, where there is a limit."""
    with connection.cursor() as cursor:
        cursor.execute(_ALLOW, [round(1000 * seconds)])
