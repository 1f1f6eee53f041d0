"""What keeps a document that is not being worked on: its place in line, a pause, a model that is busy, no workers."""

import re
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from redis.exceptions import RedisError

from documents.models import Task, TaskState
from system import heartbeats

COUNTED = 1000  # tasks ahead that are counted; behind so many, the exact place says nothing
ALIVE_SECONDS = 70.0  # workers beat every 30 s: two beats and some
_KNOWN_SECONDS = 2.0  # that an answer of Redis is good for; one that does not answer is not asked all the time either

# The line of a tenant as workers take it (`documents.models.claiming`), as far as it is counted.
_LINES = """
SELECT line.id, row_number() OVER (PARTITION BY tenant.id ORDER BY rank, run_after, line.id)
FROM unnest(%s::varchar[]) AS tenant(id) CROSS JOIN LATERAL (
  SELECT q.id, q.priority * -1 AS rank, q.run_after FROM rag_task q
  WHERE q.tenant_id = tenant.id AND q.state = 'queued' AND q.lost < 5 AND q.run_after <= statement_timestamp()
  ORDER BY q.priority * -1, q.run_after, q.id LIMIT %s) AS line
"""
_DATED = re.compile(r"^\d\d:\d\d:\d\d ")
_NEXT_TRY = re.compile(r"\W*Next try in \d+ s\.?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Why nobody is at a document: a kind for programs, a sentence for people."""

    kind: str  # line, retry, paused, quarantined, no_worker
    reason: str
    position: int | None = (
        None  # in its tenant's line, from 1; None where there is none, or more than COUNTED are ahead
    )
    next_try: datetime | None = None


KINDS = ("line", "retry", "paused", "quarantined", "no_worker")


def reasons(tasks: Mapping[str, Collection[Task]], *, now: datetime) -> dict[str, Waiting]:
    """Why the documents wait, by the keys of `tasks`: the open tasks of each, none of them running."""
    due = {key: [task for task in given if _due(task, now)] for key, given in tasks.items()}
    places = _places({task.tenant_id for given in due.values() for task in given})
    workers = workers_alive() if any(map(_claimable, tasks.values())) else None
    return {key: _reason(given, due[key], places, workers, now) for key, given in tasks.items()}


def _claimable(tasks: Collection[Task]) -> bool:
    return any(task.state == TaskState.QUEUED for task in tasks)


def _due(task: Task, now: datetime) -> bool:
    return task.state == TaskState.QUEUED and task.run_after <= now and not task.quarantined


def _reason(
    tasks: Collection[Task], due: Collection[Task], places: Mapping[int, int], workers: int | None, now: datetime
) -> Waiting:
    queued = [task for task in tasks if task.state == TaskState.QUEUED]
    if not queued:
        return Waiting(kind="paused", reason="paused with its dataset")
    later = [task for task in queued if task.run_after > now]
    if not due and later:
        return _retry(min(later, key=lambda task: task.run_after), now)
    if workers == 0:
        return Waiting(kind="no_worker", reason="no worker is alive")
    if not due:
        lost = max(task.lost for task in queued)
        return Waiting(
            kind="quarantined", reason=f"quarantined: it lost {lost} workers, and runs when nothing else does"
        )
    return _in_line(min(places.get(task.pk, COUNTED + 1) for task in due), unknown=workers is None)


def _retry(task: Task, now: datetime) -> Waiting:
    why = _NEXT_TRY.sub("", _DATED.sub("", task.message)).strip() or "tried again later"
    left = max(1, round((task.run_after - now).total_seconds()))
    return Waiting(kind="retry", reason=f"{why}, next try in {left} s", next_try=task.run_after)


def _in_line(place: int, *, unknown: bool) -> Waiting:
    counted = place <= COUNTED
    reason = f"{ordinal(place)} in line" if counted else f"more than {COUNTED:,} ahead in line"
    if unknown:
        reason += "; whether a worker is alive is not known, because Redis does not answer"
    return Waiting(kind="line", reason=reason, position=place if counted else None)


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th …"""
    ending = "th" if number % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{ending}"


def _places(tenants: Iterable[str]) -> dict[int, int]:
    """Place in its tenant's line, from 1, by task; of each tenant the first COUNTED."""
    wanted = sorted(tenants)
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_LINES, [wanted, COUNTED])
        return dict(cursor.fetchall())


class _Workers:
    """How many workers beat lately, asked for every _KNOWN_SECONDS at most."""

    def __init__(self) -> None:
        self._until = 0.0
        self._count: int | None = None

    def __call__(self) -> int | None:
        if time.monotonic() >= self._until:
            try:
                self._count = heartbeats.alive(ALIVE_SECONDS)
            except RedisError:
                self._count = None
            self._until = time.monotonic() + _KNOWN_SECONDS
        return self._count


workers_alive = _Workers()
"""How many workers are alive; None where Redis, which would know, does not answer."""
