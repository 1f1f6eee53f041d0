"""Tasks: rows that workers claim, with lease and fence (design: ingestion.md §3, §4)."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.db.models import Count, F, Max, Q, Sum
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Greatest, Least
from pgvector.django import HalfVectorField, SparseVectorField

from documents.models.claiming import CLAIM, QUARANTINE
from documents.models.document import Document
from knowledgebases.models import EmbeddingSpace, Knowledgebase
from system.models import Tenant
from system.models.triggers import touching

# Heartbeat, cancel check and fence check in one statement that touches the task row only.
_BEAT = """
UPDATE rag_task SET lease_until = statement_timestamp() + %(lease)s * interval '1 second',
  progress = greatest(progress, %(progress)s),
  message = coalesce(nullif(%(message)s, ''), message),
  phase = CASE WHEN %(message)s = '' THEN phase ELSE %(phase)s END,
  phase_done = CASE WHEN %(message)s = '' THEN phase_done ELSE %(done)s END,
  phase_total = CASE WHEN %(message)s = '' THEN phase_total ELSE %(total)s END,
  log = CASE WHEN %(lines)s = '' THEN log ELSE rag_log(log, %(lines)s) END
WHERE id = %(id)s AND fence = %(fence)s AND state = 'running' RETURNING 1
"""


class TaskState(models.TextChoices):
    """queued -> running -> done; back to queued after a fault or a lost lease; failed and canceled are final.

    paused: held back with its dataset, from queued or running; goes back to queued when that goes on.
    """

    QUEUED = "queued"
    PAUSED = "paused"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELED = "canceled"


PARSE, EMBED = "parse", "embed"  # kinds: a document's own task (part 0), and parts of a large one
PARSED = 0.25  # progress of a document's own task when all its text is read
OPEN = (TaskState.QUEUED, TaskState.PAUSED, TaskState.RUNNING)
UNPUBLISHED = (TaskState.FAILED, TaskState.CANCELED)


class TaskQuerySet(models.QuerySet["Task"]):
    """Rules over tasks: who works on which."""

    def open(self) -> Self:
        """Tasks that are waiting, held back, or being worked on."""
        return self.filter(state__in=OPEN)

    def claimable(self) -> Self:
        """Queued tasks whose time has come."""
        return self.filter(state=TaskState.QUEUED, run_after__lte=models.functions.Now())

    def claim(self, *, owner: str, lease_seconds: float) -> "Task | None":
        """The next task for `owner`, running under a fresh fence; None where nothing is to be done."""
        given = {"owner": owner, "lease": lease_seconds, "quarantine": QUARANTINE}
        return next(iter(self.raw(CLAIM, given)), None)

    def quarantined(self) -> Self:
        """Tasks that lost so many workers that they run alone: when nothing else can, and nothing runs beside them."""
        return self.filter(state__in=[TaskState.QUEUED, TaskState.RUNNING], lost__gte=QUARANTINE)

    @staticmethod
    def overall() -> Combinable:
        """Progress of a document, 0..1, to aggregate over the tasks of a generation.

        The text that is read so far, and of that the parts that are embedded. Each part has as many chunks; what its
        own task embeds itself counts as one more.
        """
        own = Coalesce(Max("progress", filter=Q(part=0)), 0.0)
        parts = Coalesce(Sum("progress", filter=Q(part__gt=0)), 0.0)
        rest = Greatest((own - PARSED) / (1 - PARSED), 0.0)
        embedded = (parts + rest) / (Count("pk", filter=Q(part__gt=0)) + 1.0)
        return Least(own / PARSED, 1.0) * (PARSED + (1 - PARSED) * embedded)

    def expired(self) -> Self:
        """Running tasks whose lease ran out: their worker is dead, or stopped for longer than the lease."""
        return self.filter(state=TaskState.RUNNING, lease_until__lt=models.functions.Now())


class Task(models.Model):
    """A unit of background work on one part of a document's generation."""

    document = models.ForeignKey(Document, models.CASCADE, related_name="tasks")
    kb = models.ForeignKey(Knowledgebase, models.CASCADE, related_name="+")
    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="+")
    gen = models.PositiveIntegerField()
    part = models.PositiveIntegerField(default=0)
    kind = models.CharField(max_length=16, default=PARSE)
    state = models.CharField(max_length=8, choices=TaskState, default=TaskState.QUEUED)
    priority = models.IntegerField(default=0)
    run_after = models.DateTimeField(db_default=models.functions.Now())
    fence = models.BigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    owner = models.CharField(max_length=128, default="", blank=True)
    claims = models.PositiveIntegerField(default=0, help_text="How often a worker took it.")
    lost = models.PositiveIntegerField(default=0, help_text="Leases lost: the machine's doing.")
    faults = models.PositiveIntegerField(default=0, help_text="Faults while parsing: the document's doing.")
    waits = models.PositiveIntegerField(default=0, help_text="Times a model endpoint was not available.")
    progress = models.FloatField(default=0)
    message = models.TextField(default="", blank=True)
    phase = models.CharField(max_length=16, default="", blank=True, help_text="Step of the work that is under way.")
    phase_done = models.PositiveIntegerField(default=0, help_text="Pages, chunks … of the step that are done.")
    phase_total = models.PositiveIntegerField(default=0, help_text="Of how many; 0 where that is not known.")
    log = models.TextField(default="", blank=True, help_text="The last lines of what happened, oldest first.")
    cursor = models.JSONField(null=True, blank=True, editable=False, help_text="Where a next try goes on.")
    space = models.ForeignKey(
        EmbeddingSpace, models.PROTECT, null=True, blank=True, related_name="+", help_text="Of the staged vectors."
    )
    recipe = models.CharField(
        max_length=64,
        default="",
        blank=True,
        editable=False,
        help_text="Digest of what the staged chunks are made from.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    touched = models.BigIntegerField(default=0, editable=False, help_text="The transaction that wrote it last.")

    objects = TaskQuerySet.as_manager()

    class Meta:
        db_table = "rag_task"
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["document", "gen", "part"], name="task_part")]
        indexes = [
            # The queue as `claiming` walks it.
            models.Index(
                "tenant",
                -F("priority"),
                "run_after",
                "id",
                name="task_queue",
                condition=Q(state=TaskState.QUEUED, lost__lt=QUARANTINE),
            ),
            models.Index(fields=["run_after"], name="task_due", condition=Q(state=TaskState.QUEUED)),
            models.Index(fields=["started_at"], name="task_started", condition=~Q(started_at=None)),
            models.Index(fields=["tenant"], name="task_running", condition=Q(state="running")),
            models.Index(fields=["lease_until"], name="task_leases", condition=Q(state="running")),
            models.Index(fields=["kb", "touched"], name="task_touched"),
            models.Index(fields=["finished_at"], name="task_ended", condition=~Q(finished_at=None)),
            models.Index(fields=["kb", "state"], name="task_open", condition=Q(state__in=OPEN)),
            models.Index(
                fields=["state"],
                name="task_quarantine",
                condition=Q(state__in=[TaskState.QUEUED, TaskState.RUNNING], lost__gte=QUARANTINE),
            ),
        ]
        triggers = [touching()]

    def __str__(self) -> str:
        return f"{self.kind} {self.document_id} gen {self.gen} part {self.part}"

    @property
    def quarantined(self) -> bool:
        """Whether it lost so many workers that it runs alone."""
        return self.lost >= QUARANTINE and self.state in {TaskState.QUEUED, TaskState.PAUSED, TaskState.RUNNING}

    @property
    def taken(self) -> str:
        """What its log says of a claim."""
        return f"Taken by a worker, try {self.claims}."

    def beat(
        self,
        *,
        lease_seconds: float,
        progress: float,
        message: str = "",
        phase: str = "",
        done: int = 0,
        total: int = 0,
        lines: str = "",
    ) -> bool:
        """Prolong the lease and report; False where the task is no longer ours (canceled, or taken over).

        Without a message only lease and progress move. `lines`, dated, go to the end of the log.
        """
        given: dict[str, str | int | float] = {
            **{"id": self.pk, "fence": self.fence, "lease": lease_seconds, "progress": progress, "lines": lines},
            **{"message": message, "phase": phase, "done": done, "total": total},
        }
        with connection.cursor() as cursor:
            cursor.execute(_BEAT, given)
            return cursor.fetchone() is not None


class Stage(models.Model):
    """A finished piece of an unfinished task: invisible; a retry takes the paid embeddings from here."""

    task = models.ForeignKey(Task, models.CASCADE, related_name="stages")
    seq = models.PositiveIntegerField(help_text="Place in its document, from 0.")
    chunk = models.JSONField(help_text="The chunk's columns.")
    key = models.CharField(
        max_length=32, default="", blank=True, help_text="Id of the chunk, if no passage before it has the same text."
    )
    beginning = models.BigIntegerField(default=0, help_text="What it is known by when a changed text is cut.")
    digest = models.CharField(max_length=64)
    embedding = HalfVectorField(null=True, help_text="NULL until it is computed.")
    # What of the lexical row is computed beforehand, and from what: the title and language, the average length.
    length = models.PositiveIntegerField(null=True)
    terms = ArrayField(models.IntegerField(), null=True)
    weights = SparseVectorField(null=True)
    weighed = models.CharField(max_length=64, default="", blank=True)
    average = models.FloatField(default=0)

    class Meta:
        db_table = "rag_stage"
        constraints = [models.UniqueConstraint(fields=["task", "seq"], name="stage_seq")]
        indexes = [models.Index(fields=["digest"], name="stage_paid", condition=Q(embedding__isnull=False))]

    def __str__(self) -> str:
        return f"{self.task_id}/{self.seq}"
