"""What the console's first page tells: how well the site is, what waits, what needs somebody."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, Min, Q, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.timesince import timesince

from documents.models import Document, Run, Task, TaskState
from knowledgebases.models import Circuit, Knowledgebase
from system import health, heartbeats
from system.health import Finding
from system.models import APIToken

if TYPE_CHECKING:
    from system.models import User

ALIVE_SECONDS = 90.0  # workers beat every 30 s: one that misses three is not counted
TOKEN_ENDS = timedelta(days=7)
LONG_WAIT = timedelta(minutes=5)
_NAMED = 5  # endpoints that fail
_PARTS = {"db": "Database", "redis": "Queue server", "storage": "File storage", "doc_engine": "Search engine"}


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the site under the name that people know."""

    name: str
    finding: Finding

    @property
    def note(self) -> str:
        """What it says of itself, or what is wrong."""
        if not self.finding.well:
            return self.finding.error
        return " · ".join(f"{key} {value}" for key, value in self.finding.details.items())


@dataclass(frozen=True, slots=True)
class Queue:
    """Tasks that wait or run, since when the oldest waits, and who is there to take them."""

    queued: int
    running: int
    oldest: datetime | None
    workers: int

    @property
    def wait(self) -> str:
        """How long the oldest has waited; empty where nothing waits."""
        if self.oldest is None:
            return ""
        shown = timesince(self.oldest, depth=1).replace("\xa0", " ")
        return "less than a minute" if shown.startswith("0 ") else shown


@dataclass(frozen=True, slots=True)
class Counts:
    """What the site holds."""

    datasets: int
    documents: int
    chunks: int
    tokens: int
    by_run: Mapping[str, int]

    @property
    def states(self) -> list[tuple[str, str, int]]:
        """Run, word and number of the states that occur."""
        words = {Run.UNSTART: "not parsed", Run.RUNNING: "parsing", Run.CANCEL: "stopped", Run.DONE: "done"}
        return [(run, words.get(run, "failed"), self.by_run[run]) for run in Run if self.by_run.get(run)]


@dataclass(frozen=True, slots=True)
class Concern:
    """Something that needs somebody: what, what to do about it, and where."""

    what: str
    cure: str
    url: str = ""
    grave: bool = False


def parts() -> list[Part]:
    """Every part, checked now; a part that hangs takes `health.PATIENCE` seconds at most, all of them together."""
    return [Part(_PARTS.get(key, key), finding) for key, finding in health.run_all().items()]


def queue(*, redis_well: bool) -> Queue:
    """The queue; workers are asked for only where Redis answers, so that the page does not wait for it twice."""
    waiting = Q(state=TaskState.QUEUED)
    found = Task.objects.open().aggregate(
        queued=Count("pk", filter=waiting),
        running=Count("pk", filter=Q(state=TaskState.RUNNING)),
        oldest=Min("created_at", filter=waiting),
    )
    beats = heartbeats.recent(minutes=ALIVE_SECONDS / 60) if redis_well else {}
    return Queue(workers=sum(map(bool, beats.values())), **found)


def counts() -> Counts:
    """Numbers of datasets, documents, chunks; from the counters that the rows keep."""
    totals = Knowledgebase.objects.live().aggregate(
        datasets=Count("pk"), documents=Sum("doc_num"), chunks=Sum("chunk_num"), tokens=Sum("token_num")
    )
    by_run = dict(Document.objects.live().order_by().values_list("run").annotate(number=Count("pk")))
    return Counts(**{key: value or 0 for key, value in totals.items()}, by_run=by_run)


def concerns(user: "User", parts: list[Part], queue: Queue, counts: Counts) -> list[Concern]:
    """What needs somebody, the gravest first, as far as `user` may see it."""
    found = [*_failing(parts), *_stuck(queue)]
    if user.has_perm("system.view_modelendpoint"):
        found += _suspended()
    if user.has_perm("documents.view_document"):
        found += _failed(counts)
    if user.has_perm("system.view_apitoken"):
        found += _ending()
    return sorted(found, key=lambda concern: not concern.grave)


def _failing(parts: list[Part]) -> Iterator[Concern]:
    for part in parts:
        if not part.finding.well:
            yield Concern(f"{part.name} is not well", part.finding.error, grave=True)


def _stuck(queue: Queue) -> Iterator[Concern]:
    url = reverse("admin:documents_task_changelist")
    if not queue.workers:
        yield Concern(
            "No worker is alive", "Nothing is parsed until one is: see logs/ in the data directory.", url, True
        )
    elif queue.oldest and timezone.now() - queue.oldest > LONG_WAIT:
        yield Concern(
            f"A task has waited for {queue.wait}", "More workers (RAGSITE_WORKERS) would take it sooner.", url
        )


def _suspended() -> Iterator[Concern]:
    open_ones = Circuit.objects.filter(open_until__isnull=False).select_related("endpoint")
    for circuit in open_ones.order_by("failed_at")[:_NAMED]:
        url = reverse("admin:system_modelendpoint_change", args=[circuit.endpoint_id])
        yield Concern(
            f"{circuit.endpoint} fails", f"Documents wait for it, and searches go by words: {circuit.message}", url
        )


def _failed(counts: Counts) -> Iterator[Concern]:
    if number := counts.by_run.get(Run.FAIL, 0):
        url = f"{reverse('admin:documents_document_changelist')}?run__exact={Run.FAIL.value}"
        what = "1 document has failed" if number == 1 else f"{number:,} documents have failed"
        yield Concern(what, "Their messages say what is wrong and what to do.", url)


def _ending() -> Iterator[Concern]:
    number = APIToken.objects.active().filter(expires_at__lte=timezone.now() + TOKEN_ENDS).count()
    if number:
        what = "1 API token expires" if number == 1 else f"{number} API tokens expire"
        url = f"{reverse('admin:system_apitoken_changelist')}?state=soon"
        yield Concern(f"{what} within {TOKEN_ENDS.days} days", "Prolong or replace what is still used.", url)
