"""The way to a model's endpoint: not while it is suspended, and not too many at the same time."""

import random
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from knowledgebases.embedders import circuits
from knowledgebases.embedders.interrupting import checkpoint
from system.errors import Misconfigured, Suspended, Unavailable
from system.transactions import let_go

PATIENCE = 10.0  # seconds that a caller waits for its turn; a worker has other tasks
BUSY_SECONDS = 2  # after which it comes back
_LOOK_SECONDS = 0.05  # between two looks, doubling
_LONGEST_LOOK = 0.5

# Locks of the session: they go with the connection, so a caller that is killed leaves its slot at once.
_TAKE = "SELECT slot FROM unnest(%s::int[]) AS slot WHERE pg_try_advisory_lock(%s, slot) LIMIT 1"
_LEAVE = "SELECT pg_advisory_unlock(%s, %s)"


class Gate:
    """The gate before one endpoint, for all processes of the site; nobody may hold a transaction that fails meanwhile.

    `slots`: how many requests may be under way; None for those who do not wait for others (people at a search).
    """

    def __init__(self, endpoint: str, name: str, slots: int | None) -> None:
        self._endpoint = endpoint
        self._name = name
        self._slots = slots
        self._key = zlib.crc32(endpoint.encode()) - (1 << 31)

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Call the endpoint in the block. Raises Suspended where that is not to be done now."""
        slot = self._take()
        try:
            leave = circuits.admit(self._endpoint)
            if slot is None:  # else the lock needs the connection
                let_go()
            try:
                yield
            except Unavailable as error:
                circuits.failed(leave, error)
                raise
            except Misconfigured:
                circuits.answered(leave)
                raise
            circuits.answered(leave)
        finally:
            if slot is not None and connection.is_usable():  # else the lock is gone with the connection
                self._execute(_LEAVE, [self._key, slot])

    def _take(self) -> int | None:
        """A free slot; waits for one up to PATIENCE seconds."""
        if self._slots is None:
            return None
        until, pause = time.monotonic() + PATIENCE, _LOOK_SECONDS
        while True:
            order = random.sample(range(self._slots), self._slots)
            if (slot := self._execute(_TAKE, [order, self._key])) is not None:
                return slot
            if time.monotonic() > until:
                raise Suspended(
                    f"The endpoint of {self._name} is busy with {self._slots} requests of this site.",
                    headers={"Retry-After": str(BUSY_SECONDS)},
                )
            checkpoint()
            time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 -- jitter, not a secret
            pause = min(2 * pause, _LONGEST_LOOK)

    def _execute(self, statement: str, parameters: list[Any]) -> int | None:
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            row = cursor.fetchone()
            return row[0] if row else None
