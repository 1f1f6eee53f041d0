"""Tasks: rows that workers claim, with lease and fence (design: ingestion.md §3, §4)."""

from typing import Self

from django.db import connection, models
from django.db.models import F, Q

from documents.models.document import Document
from knowledgebases.models import EmbeddingSpace, Knowledgebase
from system.models import Tenant

# Fair over tenants, at a cost that does not depend on the queue's length: hop over the tenants that have queued tasks
# by the index (a loose index scan), take the one with the fewest running tasks, and of it the first task nobody else
# is just taking.
_CLAIM = """
WITH RECURSIVE hop(tenant_id) AS (
  (SELECT tenant_id FROM rag_task WHERE state = 'queued' ORDER BY tenant_id LIMIT 1)
  UNION ALL
  SELECT (SELECT tenant_id FROM rag_task WHERE state = 'queued' AND tenant_id > hop.tenant_id
          ORDER BY tenant_id LIMIT 1)
  FROM hop WHERE hop.tenant_id IS NOT NULL),
load AS (
  SELECT tenant_id,
         (SELECT count(*) FROM rag_task r WHERE r.state = 'running' AND r.tenant_id = hop.tenant_id) AS n
  FROM hop WHERE tenant_id IS NOT NULL),
pick AS (
  SELECT q.id FROM (SELECT * FROM load ORDER BY n, random()) l
  CROSS JOIN LATERAL (
    SELECT id FROM rag_task WHERE tenant_id = l.tenant_id AND state = 'queued' AND run_after <= statement_timestamp()
    ORDER BY priority DESC, id LIMIT 1 FOR UPDATE SKIP LOCKED) q
  LIMIT 1)
UPDATE rag_task SET state = 'running', fence = nextval('rag_fence'), owner = %s,
  lease_until = statement_timestamp() + %s * interval '1 second', started_at = statement_timestamp(),
  claims = claims + 1
FROM pick WHERE rag_task.id = pick.id
RETURNING rag_task.*
"""

# Heartbeat, cancel check and fence check in one statement that touches the task row only.
_BEAT = """
UPDATE rag_task SET lease_until = statement_timestamp() + %s * interval '1 second', progress = greatest(progress, %s),
  message = CASE WHEN %s <> '' THEN %s ELSE message END
WHERE id = %s AND fence = %s AND state = 'running' RETURNING 1
"""


class TaskState(models.TextChoices):
    """queued -> running -> done; back to queued after a fault or a lost lease; failed and canceled are final."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELED = "canceled"


OPEN = (TaskState.QUEUED, TaskState.RUNNING)


class TaskQuerySet(models.QuerySet["Task"]):
    """Rules over tasks: who works on which."""

    def open(self) -> Self:
        """Tasks that are waiting or being worked on."""
        return self.filter(state__in=OPEN)

    def claimable(self) -> Self:
        """Queued tasks whose time has come."""
        return self.filter(state=TaskState.QUEUED, run_after__lte=models.functions.Now())

    def claim(self, *, owner: str, lease_seconds: float) -> "Task | None":
        """The next task for `owner`, running under a fresh fence; None where nothing is to be done."""
        return next(iter(self.raw(_CLAIM, [owner, lease_seconds])), None)

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
    kind = models.CharField(max_length=16, default="parse")
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

    objects = TaskQuerySet.as_manager()

    class Meta:
        db_table = "rag_task"
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["document", "gen", "part"], name="task_part")]
        indexes = [
            models.Index("tenant", F("priority").desc(), "id", name="task_queued", condition=Q(state="queued")),
            models.Index(fields=["tenant"], name="task_running", condition=Q(state="running")),
            models.Index(fields=["lease_until"], name="task_leases", condition=Q(state="running")),
            models.Index(fields=["finished_at"], name="task_ended", condition=~Q(finished_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.document_id} gen {self.gen} part {self.part}"

    def beat(self, *, lease_seconds: float, progress: float, message: str = "") -> bool:
        """Prolong the lease and report; False where the task is no longer ours (canceled, or taken over)."""
        with connection.cursor() as cursor:
            cursor.execute(_BEAT, [lease_seconds, progress, message, message, self.pk, self.fence])
            return cursor.fetchone() is not None


class Stage(models.Model):
    """A finished piece of an unfinished task: invisible; a retry takes the paid embeddings from here."""

    task = models.ForeignKey(Task, models.CASCADE, related_name="stages")
    seq = models.PositiveIntegerField()
    chunk = models.JSONField(help_text="The chunk's columns.")
    digest = models.CharField(max_length=64)
    embedding = models.BinaryField(help_text="float32, little endian.")

    class Meta:
        db_table = "rag_stage"
        constraints = [models.UniqueConstraint(fields=["task", "seq"], name="stage_seq")]

    def __str__(self) -> str:
        return f"{self.task_id}/{self.seq}"
