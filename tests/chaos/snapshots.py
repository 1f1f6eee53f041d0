"""Looks at the truth, many times a second, and holds it against the rules, the past and the promises."""

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg

from ragsite.embedded import postgres
from tests import invariants
from tests.chaos.expected import Expected
from tests.chaos.history import History
from tests.chaos.ledger import Ledger
from tests.chaos.state import Snapshot
from tests.chaos.truths import CHEAP, RULES

SHOWN = 40  # violations that are kept word for word
DEAR_EVERY = 10  # snapshots


class Snapshots(threading.Thread):
    """Takes a snapshot every `pause` seconds until `stop`; tells `seen` of each."""

    def __init__(
        self, data_dir: Path, ledger: Ledger, expected: Expected, *, pause: float, seen: Callable[[Snapshot], None]
    ) -> None:
        super().__init__(name="snapshots", daemon=True)
        self._data_dir = data_dir
        self._ledger = ledger
        self._expected = expected
        self._pause = pause
        self._seen = seen
        self._enough = threading.Event()
        self._history = History()
        self.taken = 0
        self.violations: Counter[str] = Counter()
        self.examples: list[str] = []
        self.error = ""
        self._told: set[tuple[str, str]] = set()

    def run(self) -> None:
        while not self._enough.is_set():
            try:
                with connected(self._data_dir) as connection:
                    self._watch(connection)
            except (psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError):
                self._enough.wait(0.05)  # PostgreSQL was hit
            except Exception as error:
                self.error = f"{type(error).__name__}: {error}"
                raise

    def stop(self) -> None:
        """Take no more."""
        self._enough.set()
        self.join(60)

    def violate(self, rule: str, subject: str, detail: str = "") -> None:
        """Note that a rule is broken."""
        self.violations[rule] += 1
        first = (rule, subject) not in self._told
        self._told.add((rule, subject))
        if first and len(self.examples) < SHOWN:
            self.examples.append(f"[snapshot {self.taken}] {rule}: {subject} {detail}")

    def _watch(self, connection: psycopg.Connection[Any]) -> None:
        while not self._enough.is_set():
            begun = time.monotonic()
            self._look(connection)
            self._enough.wait(max(0.0, self._pause - (time.monotonic() - begun)))

    def _look(self, connection: psycopg.Connection[Any]) -> None:
        standing = self._ledger.standing()
        rules = RULES if self.taken % DEAR_EVERY == 0 else CHEAP
        with connection.cursor() as cursor, contextlib.ExitStack() as undo:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            undo.callback(connection.rollback)
            snapshot = Snapshot.read(cursor)
            found = invariants.broken(cursor, rules)
        self.taken += 1
        for line in found:
            rule, keys = line.split(": ", 1)
            self.violate(rule, keys, snapshot.about(keys))
        for broken in self._history.broken(snapshot):
            self.violate(*broken)
        for broken in self._expected.broken(snapshot, self._ledger.kept(standing)):
            self.violate(*broken)
        self._seen(snapshot)


@contextlib.contextmanager
def connected(data_dir: Path) -> Iterator[psycopg.Connection[Any]]:
    """A connection to the site's PostgreSQL, past the product."""
    found = postgres.connection(data_dir)
    if found is None:
        raise psycopg.OperationalError("there is no cluster")
    connection = psycopg.connect(
        host=found.host,
        user=found.user,
        password=found.password,
        dbname=found.database,
        application_name="chaos",
        connect_timeout=5,
        autocommit=True,
        options="-c statement_timeout=30s -c jit=off",
    )
    with contextlib.closing(connection):
        yield connection
