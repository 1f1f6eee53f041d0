"""Claims of tasks: their time with 100,000 queued, and how soon small tenants are served behind a large one.

Each scene queues its tasks in a database that is dropped at the end, and lets 1 and 4 claimers take and finish them as
workers do. Times are those of `Task.objects.claim` as its caller sees them. The target is a p99 of 20 ms; and that 20
tenants with 5 tasks each, behind 10,000 of another, are served within about 100 claims.
"""

import statistics
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

from django.db import connection, connections
from rich.console import Console
from rich.table import Table

from documents.models import Document, Task, TaskState
from system.models import Tenant
from tests.factories import DocumentFactory, KnowledgebaseFactory, UserFactory

QUEUED = 100_000
CLAIMS = 1_000  # of each scene, by all claimers together
CLAIMERS = (1, 4)
LEASE = 3600.0

Change = tuple[str, ...]  # statements that make a scene out of the queue


@dataclass(frozen=True)
class Scene:
    """A queue: QUEUED tasks, spread over tenants, and what is then done to them."""

    name: str
    tenants: int
    changes: Change = ()


_FUTURE = "UPDATE rag_task SET run_after = now() + interval '1 hour' WHERE"
_CHURN = (
    "ALTER TABLE rag_task SET (autovacuum_enabled = off)",
    "UPDATE rag_task SET state = 'running', started_at = now(), lease_until = now()",
    "UPDATE rag_task SET state = 'queued', lease_until = NULL",
)
SCENES = (
    Scene("one tenant", 1),
    Scene("500 tenants", 500),
    Scene("one tenant, but for the last 3,000 all wait for an hour", 1, (f"{_FUTURE} part < 97000",)),
    Scene("500 tenants, 19 of 20 tasks wait for an hour", 500, (f"{_FUTURE} part % 20 <> 0",)),
    Scene(
        "500 tenants, all tasks of 499 wait for an hour",
        500,
        (
            f"{_FUTURE} TRUE",
            "UPDATE rag_task SET tenant_id = (SELECT max(tenant_id) FROM rag_task), run_after = now() WHERE part < 6",
        ),
    ),
    Scene("500 tenants, half of the tasks paused", 500, ("UPDATE rag_task SET state = 'paused' WHERE part % 2 = 0",)),
    Scene("500 tenants, 5 priorities each", 500, ("UPDATE rag_task SET priority = part % 5",)),
    Scene("one tenant, 100,000 tasks claimed and queued again, not vacuumed", 1, _CHURN),
    Scene("500 tenants, the same", 500, _CHURN),
)


def main() -> None:
    """Measure and print."""
    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        _times()
        _fairness()
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def _times() -> None:
    table = Table(title=f"Claims with {QUEUED:,} tasks queued (ms)")
    for column in ("queue", "claimers", "p50", "p95", "p99", "max"):
        table.add_column(column)
    for scene in SCENES:
        _queue(dict.fromkeys(_tenants(scene.tenants), QUEUED // scene.tenants))
        for change in scene.changes:
            _execute(change)
        for claimers in CLAIMERS:
            times = sorted(_claimed(claimers, CLAIMS))
            cuts = statistics.quantiles(times, n=100)
            shown = [f"{1000 * value:.1f}" for value in (cuts[49], cuts[94], cuts[98], times[-1])]
            table.add_row(scene.name, str(claimers), *shown)
        _execute("ALTER TABLE rag_task RESET (autovacuum_enabled)")
    Console().print(table)


def _fairness() -> None:
    """Claims until all 100 tasks of 20 small tenants are taken, with 10,000 of another queued before them."""
    table = Table(title="20 tenants with 5 tasks each, behind 10,000 of another")
    for column in ("claimed tasks", "claims until each was served", "claims until all 100 were taken"):
        table.add_column(column)
    for name, end in (("run on", lambda task: None), ("end at once", _finish)):
        large, *small = _tenants(21)
        _queue({large: 10_000} | dict.fromkeys(small, 5))
        first, last = _served({tenant.pk for tenant in small}, end)
        table.add_row(name, str(first), str(last))
    Console().print(table)


def _served(small: set[str], end: Callable[[Task], None]) -> tuple[int, int]:
    taken: Counter[str] = Counter()
    first = claims = 0
    while sum(taken[tenant] for tenant in small) < 5 * len(small):
        task = Task.objects.claim(owner="bench", lease_seconds=LEASE)
        if task is None:
            raise AssertionError("nothing is left to be claimed")
        claims += 1
        taken[task.tenant_id] += 1
        if not first and all(taken[tenant] for tenant in small):
            first = claims
        end(task)
    return first, claims


def _claimed(claimers: int, wanted: int) -> list[float]:
    """Times of `wanted` claims, in seconds, by so many processes at the same time."""
    connections.close_all()  # a fork must not share them
    with ProcessPoolExecutor(claimers, mp_context=get_context("fork")) as pool:
        shares = [wanted // claimers] * claimers
        return [seconds for times in pool.map(_claim, shares) for seconds in times]


def _claim(wanted: int) -> list[float]:
    """Claim `wanted` tasks, each ended before the next."""
    times = []
    for _ in range(wanted):
        began = time.perf_counter()
        task = Task.objects.claim(owner="bench", lease_seconds=LEASE)
        times.append(time.perf_counter() - began)
        if task is None:
            raise AssertionError("nothing was claimed")
        _finish(task)
    return times


def _finish(task: Task) -> None:
    Task.objects.filter(pk=task.pk).update(state=TaskState.DONE, lease_until=None)


def _tenants(number: int) -> list[Tenant]:
    """So many tenants with a document each, in the order they were made."""
    for _ in range(number - Tenant.objects.count()):
        DocumentFactory(kb=KnowledgebaseFactory(owner=UserFactory()))
    return list(Tenant.objects.order_by("created_at")[:number])


def _queue(tasks: dict[Tenant, int]) -> None:
    """Have exactly these tasks queued, those of the first tenant first: parts of one document for each."""
    _execute("TRUNCATE rag_task CASCADE")
    documents = {document.kb.tenant_id: document for document in Document.objects.select_related("kb")}
    columns = [field.column for field in Task._meta.concrete_fields if not field.primary_key]
    copied = ", ".join("parts.number" if column == "part" else f"t.{column}" for column in columns)
    for tenant, number in tasks.items():
        document = documents[tenant.pk]
        task = Task.objects.create(document=document, kb=document.kb, tenant=tenant, gen=1, part=0)
        _execute(
            f"INSERT INTO rag_task ({', '.join(columns)}) "
            f"SELECT {copied} FROM rag_task t, generate_series(1, {number - 1}) AS parts(number) WHERE t.id = {task.pk}"
        )
    _execute("VACUUM ANALYZE rag_task")


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
