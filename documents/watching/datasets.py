"""How far a dataset is: how many of its documents are in which state."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from documents.models import Document, Run, Task, TaskState
from documents.models.document import DocumentQuerySet
from documents.watching import sights
from documents.watching.sights import Sight
from knowledgebases.models import Knowledgebase


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A dataset as a watcher sees it; `states` counts its documents by the name of their run."""

    id: str
    documents: int
    unstart: int
    running: int  # waiting, too
    cancel: int
    done: int
    fail: int
    working: int  # tasks that a worker is at
    chunks: int  # that are searchable
    paused_at: datetime | None

    @property
    def under_way(self) -> bool:
        """Whether any document waits or is being worked on."""
        return self.running > 0


def summary(kb_id: str) -> Summary | None:
    """The dataset as it is now; None where it is deleted."""
    kb = Knowledgebase.objects.live().filter(pk=kb_id).only("chunk_num", "paused_at").first()
    if kb is None:
        return None
    rows = Document.objects.filter(kb=kb_id, deleted_at=None)
    counts = dict(rows.order_by().values_list("run").annotate(Count("pk")))
    return Summary(
        id=kb.pk,
        documents=sum(counts.values()),
        unstart=counts.get(Run.UNSTART, 0),
        running=counts.get(Run.RUNNING, 0),
        cancel=counts.get(Run.CANCEL, 0),
        done=counts.get(Run.DONE, 0),
        fail=counts.get(Run.FAIL, 0),
        working=Task.objects.filter(kb=kb_id, state=TaskState.RUNNING).count(),
        chunks=kb.chunk_num,
        paused_at=kb.paused_at,
    )


def unfinished(kb_id: str) -> DocumentQuerySet:
    """Documents that wait or are being worked on, those first that were started first."""
    rows = Document.objects.in_progress().filter(kb=kb_id).defer("parser_config", "meta_fields")
    return rows.order_by("process_begin_at", "pk")


def first_unfinished(kb_id: str, count: int) -> Sequence[Sight]:
    """The first `count` of them."""
    return sights.of(unfinished(kb_id)[:count])
