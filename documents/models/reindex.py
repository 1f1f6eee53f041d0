"""Reindexing of datasets: rows that workers claim as they claim tasks, with lease and fence."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import connection, models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from documents.models.log import line, logged
from knowledgebases.models import EmbeddingSpace, Knowledgebase

_CLAIM = """
UPDATE rag_reindex SET state = 'building', fence = nextval('rag_fence'), owner = %(owner)s, claims = claims + 1,
  lease_until = statement_timestamp() + %(lease)s * interval '1 second',
  begun_at = coalesce(begun_at, statement_timestamp())
WHERE id = (
  SELECT r.id FROM rag_reindex r JOIN rag_knowledgebase k ON k.id = r.kb_id AND k.deleted_at IS NULL
  WHERE (r.state = 'queued' AND r.run_after <= statement_timestamp()
         OR r.state = 'building' AND r.lease_until < statement_timestamp())
    AND (r.worked_at IS NULL OR r.worked_at <= statement_timestamp() - %(idle)s * interval '1 second')
  ORDER BY r.worked_at NULLS FIRST, r.id LIMIT 1 FOR UPDATE OF r SKIP LOCKED)
RETURNING *
"""
_BEAT = """
UPDATE rag_reindex SET lease_until = statement_timestamp() + %(lease)s * interval '1 second',
  message = coalesce(nullif(%(message)s, ''), message),
  log = CASE WHEN %(lines)s = '' THEN log ELSE rag_log(log, %(lines)s) END
WHERE id = %(id)s AND fence = %(fence)s AND state = 'building'
  AND EXISTS (SELECT FROM rag_knowledgebase k WHERE k.id = kb_id AND k.deleted_at IS NULL)
"""


class What(models.TextChoices):
    """Which search rows are made anew."""

    DENSE = "dense"
    LEXICAL = "lexical"
    ALL = "all"


class Goal(models.TextChoices):
    """How far it is to go: built beside what is served, served, or back to what was served before."""

    READY = "ready"
    SWITCH = "switch"
    BACK = "back"


class ReindexState(models.TextChoices):
    """queued <-> building -> ready -> queued ... -> switched -> finished; or -> rolled back.

    paused and failed: held back, by somebody or for a reason that is told; they go back to queued.
    """

    QUEUED = "queued"
    BUILDING = "building"
    READY = "ready"
    SWITCHED = "switched"
    PAUSED = "paused"
    FAILED = "failed"
    ROLLED_BACK = "rolled_back"
    FINISHED = "finished"


OPEN = (
    ReindexState.QUEUED, ReindexState.BUILDING, ReindexState.READY, ReindexState.PAUSED, ReindexState.FAILED,
)  # fmt: skip
UNFINISHED = (*OPEN, ReindexState.SWITCHED)


class ReindexQuerySet(models.QuerySet["Reindex"]):
    """Rules over reindexes: which are under way, and whose turn it is."""

    def open(self) -> Self:
        """Those that are still to come to their goal."""
        return self.filter(state__in=OPEN)

    def unfinished(self) -> Self:
        """Those that are open, or can still be gone back from."""
        return self.filter(state__in=UNFINISHED)

    def claimable(self) -> Self:
        """Those that a worker may take: queued ones whose time has come, and those whose worker was lost."""
        due = Q(state=ReindexState.QUEUED, run_after__lte=Now())
        lost = Q(state=ReindexState.BUILDING, lease_until__lt=Now())
        return self.filter(due | lost, kb__deleted_at=None)

    def claim(self, *, owner: str, lease_seconds: float, idle_seconds: float = 0) -> "Reindex | None":
        """The one that was worked on longest ago, under a fresh fence; with `idle_seconds` if it was so long ago."""
        given = {"owner": owner, "lease": lease_seconds, "idle": idle_seconds}
        return next(iter(self.raw(_CLAIM, given)), None)

    def outlived(self) -> Self:
        """Switched ones that have been so for as long as the way back is kept."""
        kept = timedelta(hours=settings.RAG_REINDEX_KEPT_HOURS)
        return self.filter(state=ReindexState.SWITCHED, switched_at__lt=timezone.now() - kept)

    def uncleared(self) -> Self:
        """Those that have ended, and whose rows that nobody serves are still to be looked for."""
        return self.filter(state__in=[ReindexState.FINISHED, ReindexState.ROLLED_BACK], cleared=False)


class Reindex(models.Model):
    """Search rows of a dataset that are made anew beside those that are served, and then served instead."""

    kb = models.ForeignKey(Knowledgebase, models.CASCADE, related_name="reindexes")
    what = models.CharField(max_length=8, choices=What, default=What.DENSE)
    goal = models.CharField(max_length=8, choices=Goal, default=Goal.READY)
    state = models.CharField(max_length=16, choices=ReindexState, default=ReindexState.QUEUED)
    model = models.CharField("embedding model", max_length=255, blank=True, default="")
    former_model = models.CharField(max_length=255, blank=True, default="")
    space = models.ForeignKey(EmbeddingSpace, models.PROTECT, null=True, blank=True, related_name="+")
    former_space = models.ForeignKey(EmbeddingSpace, models.PROTECT, null=True, blank=True, related_name="+")
    language = models.CharField(max_length=32, blank=True, default="")
    former_language = models.CharField(max_length=32, blank=True, default="")
    average = models.FloatField(null=True, blank=True, help_text="Length of a chunk that weights reckon with.")
    done = models.BigIntegerField(default=0, help_text="Search rows that are there.")
    total = models.BigIntegerField(default=0, help_text="Search rows that there have to be.")
    rate = models.FloatField(default=0, help_text="Search rows a second, lately.")
    sampled = models.PositiveIntegerField(default=0, help_text="Vectors that were made again to compare.")
    least_cosine = models.FloatField(null=True, blank=True, help_text="Of a vector and the one made again.")
    message = models.TextField(default="", blank=True)
    log = models.TextField(default="", blank=True, help_text="The last lines of what happened, oldest first.")
    run_after = models.DateTimeField(db_default=Now())
    fence = models.BigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    owner = models.CharField(max_length=128, default="", blank=True)
    claims = models.PositiveIntegerField(default=0, help_text="How often a worker took it and got nowhere.")
    waits = models.PositiveIntegerField(default=0, help_text="Times in a row the model was not available.")
    worked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    begun_at = models.DateTimeField(null=True, blank=True)
    switched_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    cleared = models.BooleanField(default=False, help_text="Whether nothing is left of what is not served.")

    objects = ReindexQuerySet.as_manager()

    class Meta:
        db_table = "rag_reindex"
        verbose_name_plural = "reindexes"
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["kb"], name="reindex_open", condition=Q(state__in=OPEN))]
        indexes = [models.Index(fields=["state"], name="reindex_uncleared", condition=Q(cleared=False))]

    def __str__(self) -> str:
        return f"{self.what} of {self.kb_id}"

    @property
    def taken(self) -> str:
        """What its log says of a claim: nothing, it is put down and taken up again all the time."""
        return ""

    @property
    def dense(self) -> bool:
        """Whether vectors are made anew."""
        return self.what != What.LEXICAL

    @property
    def lexical(self) -> bool:
        """Whether words are weighed anew."""
        return self.what != What.DENSE

    @property
    def back(self) -> bool:
        """Whether it is on its way back."""
        return self.goal == Goal.BACK

    @property
    def aim(self) -> EmbeddingSpace | None:
        """The space whose vectors are to be complete."""
        return self.former_space if self.back else self.space

    @property
    def aimed_model(self) -> str:
        """Identifier of the model of that space."""
        return self.former_model if self.back else self.model

    @property
    def aimed_language(self) -> str:
        """The language that words are to be weighed in."""
        return self.former_language if self.back else self.language

    @property
    def progress(self) -> float:
        """Share of the rows that are there, 0..1."""
        return min(self.done / self.total, 1.0) if self.total else 0.0

    @property
    def seconds_left(self) -> float | None:
        """At the present rate; None where nothing is known, or nothing is built."""
        building = self.state == ReindexState.BUILDING and self.rate > 0
        return max(self.total - self.done, 0) / self.rate if building else None

    def beat(
        self,
        *,
        lease_seconds: float,
        progress: float = 0,
        message: str = "",
        phase: str = "",
        done: int = 0,
        total: int = 0,
        lines: str = "",
    ) -> bool:
        """Prolong the lease and tell; False where it is no longer ours. How far it is, batches write themselves."""
        given: dict[str, Any] = {
            **{"id": self.pk, "fence": self.fence, "lease": lease_seconds, "message": message, "lines": lines}
        }
        with connection.cursor() as cursor:
            cursor.execute(_BEAT, given)
            return bool(cursor.rowcount)

    def let_go(self, state: str, message: str = "", *, run_after: datetime | None = None, **fields: Any) -> None:
        """Leave the worker's hands, if it is in any's, for `state`; saves that, and `fields`. Of a locked row."""
        told = {"message": message, "log": logged(line(message))} if message else {}
        values = {**told, "state": state, "fence": 0, "owner": "", "lease_until": None, **fields}
        values["run_after"] = run_after or Now()
        Reindex.objects.filter(pk=self.pk).update(**values)
        self.refresh_from_db()

    @classmethod
    def latest(cls, kb: Knowledgebase) -> "Reindex | None":
        """The last one of a dataset, whatever became of it."""
        return cls.objects.filter(kb=kb).select_related("space", "former_space").order_by(F("id").desc()).first()
