"""How far documents are: what a watcher sees, at a constant number of queries for any number of documents."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from documents.models import Document, Run, Task, TaskState
from documents.models.task import OPEN
from documents.watching import waiting
from documents.watching.waiting import Waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The step of the work that is under way: "parse" 12 of 40 pages, "embed" 310 of 900 chunks."""

    name: str
    done: int
    total: int  # 0 where that is not known

    def __str__(self) -> str:
        return f"{self.name} {self.done:,}/{self.total:,}" if self.total else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A document as a watcher sees it."""

    id: str
    dataset_id: str
    name: str
    run: Run
    progress: float  # 0 to 1; -1 failed
    message: str  # the last line of what happened
    step: Step | None
    waiting: Waiting | None
    parts_done: int
    parts_total: int
    chunks: int  # that are searchable
    begun_at: datetime | None
    duration: float  # seconds; while it is under way, so far

    @property
    def under_way(self) -> bool:
        """Whether anything of it waits or is being worked on."""
        return self.run == Run.RUNNING

    @property
    def summary(self) -> str:
        """One line for people: what keeps it, or what it is at."""
        if self.waiting:
            return self.waiting.reason
        counted = self.step is not None and self.step.total > 0 and f"{self.step.done}/" not in self.message
        return f"{self.step}: {self.message}" if counted else self.message


_COLUMNS = (
    *("document_id", "tenant_id", "part", "state", "run_after", "priority", "lost", "progress", "message"),
    *("phase", "phase_done", "phase_total"),
)


def of(documents: Iterable[Document]) -> list[Sight]:
    """Living documents as they are now, in the order given."""
    rows = list(documents)
    now = timezone.now()
    tasks = _tasks(rows)
    idle = {key: [task for task in found if task.state in OPEN] for key, found in tasks.items()}
    waits = waiting.reasons({key: found for key, found in idle.items() if found and not _running(found)}, now=now)
    return [_sight(row, tasks[row.pk], waits.get(row.pk), now) for row in rows]


def by_id(ids: Collection[str]) -> list[Sight]:
    """The living ones among the documents with these ids."""
    return of(Document.objects.live().filter(pk__in=ids).defer("parser_config", "meta_fields"))


def _tasks(rows: Sequence[Document]) -> dict[str, list[Task]]:
    """The tasks of the generation that is being built of each document that is under way, in order of their parts."""
    gens = {row.pk: row.gen for row in rows if row.run == Run.RUNNING}
    found: dict[str, list[Task]] = defaultdict(list)
    for task in Task.objects.filter(document__in=gens).only(*_COLUMNS, "gen").order_by("document_id", "part"):
        if task.gen == gens[task.document_id]:
            found[task.document_id].append(task)
    return found


def _running(tasks: Iterable[Task]) -> list[Task]:
    return [task for task in tasks if task.state == TaskState.RUNNING]


def _sight(row: Document, tasks: Sequence[Task], waits: Waiting | None, now: datetime) -> Sight:
    running = _running(tasks)
    said = [task.message for task in running or tasks if task.message] or [row.progress_msg]
    duration = row.process_duration
    if tasks:
        mean = sum(task.progress for task in tasks) / len(tasks)
        progress = min(max(row.progress, mean), 0.999)
        duration = (now - row.process_begin_at).total_seconds() if row.process_begin_at else duration
    else:
        progress = row.progress
    return Sight(
        id=row.pk,
        dataset_id=row.kb_id,
        name=row.name,
        run=Run(row.run),
        progress=progress,
        message=said[0].rpartition("\n")[2],
        step=_step(running),
        waiting=waits,
        parts_done=sum(task.state == TaskState.DONE for task in tasks),
        parts_total=len(tasks),
        chunks=row.chunk_num,
        begun_at=row.process_begin_at,
        duration=round(max(duration, 0.0), 1),
    )


def _step(running: Sequence[Task]) -> Step | None:
    """The step that the first running part is at, with the counts of all that are at the same."""
    name = next((task.phase for task in running if task.phase), "")
    alike = [task for task in running if task.phase == name]
    if not name:
        return None
    return Step(name=name, done=sum(task.phase_done for task in alike), total=sum(task.phase_total for task in alike))
