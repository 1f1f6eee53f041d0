"""Documents: what goes into a dataset, and how far it has come."""

from typing import TYPE_CHECKING, Any, Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Case, Count, F, OuterRef, Q, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce, Greatest, Lower

from documents.models.blob import Blob
from documents.models.file import File
from knowledgebases.models import Knowledgebase, Method
from system.models.base import Row
from system.models.triggers import after_statement, touching

if TYPE_CHECKING:
    from system.models import User

# Counters of a dataset follow its living documents, whatever path a write takes.
_COUNT = """
    UPDATE rag_knowledgebase k
    SET doc_num = k.doc_num + delta.docs, chunk_num = k.chunk_num + delta.chunks,
        token_num = k.token_num + delta.tokens, byte_num = k.byte_num + delta.bytes,
        queued_num = k.queued_num + delta.queued, queued_bytes = k.queued_bytes + delta.queued_bytes
    FROM (SELECT kb_id, sum(n) AS docs, sum(n * chunk_num) AS chunks, sum(n * token_num) AS tokens,
                 sum(n * size) AS bytes, coalesce(sum(n) FILTER (WHERE run = '1'), 0) AS queued,
                 coalesce(sum(n * size) FILTER (WHERE run = '1'), 0) AS queued_bytes
          FROM ({rows}) changed WHERE deleted_at IS NULL GROUP BY kb_id) delta
    WHERE k.id = delta.kb_id AND (docs, chunks, tokens, bytes, queued, delta.queued_bytes) <> (0, 0, 0, 0, 0, 0);
    RETURN NULL;
"""
_COUNTED = "kb_id, chunk_num, token_num, size, run, deleted_at"
_NEW = f"SELECT {_COUNTED}, 1 AS n FROM new_rows"  # noqa: S608 -- a constant
_OLD = f"SELECT {_COUNTED}, -1 AS n FROM old_rows"  # noqa: S608 -- a constant

# Of a dataset that is going itself nobody is told each document.
_REMOVED = """
    INSERT INTO rag_removed (kb_id, document_id, touched)
    SELECT gone.kb_id, gone.id, pg_current_xact_id()::text::bigint
    FROM ({rows}) gone JOIN rag_knowledgebase k ON k.id = gone.kb_id AND k.deleted_at IS NULL;
    RETURN NULL;
"""
_BURIED = """
    SELECT new_rows.kb_id, new_rows.id FROM new_rows JOIN old_rows USING (id)
    WHERE new_rows.deleted_at IS NOT NULL AND old_rows.deleted_at IS NULL
"""
_DROPPED = "SELECT kb_id, id FROM old_rows WHERE deleted_at IS NULL"

LOCAL = "local"  # source of what people upload


class Run(models.TextChoices):
    """How far a document has come: digits on the web API, names on the REST API."""

    UNSTART = "0", "UNSTART"
    RUNNING = "1", "RUNNING"
    CANCEL = "2", "CANCEL"
    DONE = "3", "DONE"
    FAIL = "4", "FAIL"


class DocumentQuerySet(models.QuerySet["Document"]):
    """Rules over sets of documents: who reaches them, and how far they have come."""

    def live(self) -> Self:
        """Documents that are not deleted, of datasets that are not deleted."""
        return self.filter(deleted_at=None, kb__deleted_at=None)

    def named(self, name: str) -> Self:
        """Documents with that name whatever its case, as the unique constraint compares names."""
        return self.alias(folded=Lower("name")).filter(folded=Lower(Value(name)))

    def visible_to(self, user: "User") -> Self:
        """Documents of the datasets that `user` may read."""
        return self.filter(deleted_at=None, kb__in=Knowledgebase.objects.visible_to(user))

    def in_progress(self) -> Self:
        """Documents that are queued or being parsed."""
        return self.filter(deleted_at=None, run=Run.RUNNING)

    def unsuccessful(self, *, canceled: bool = False) -> Self:
        """Documents that have failed, with `canceled` those that were stopped, too: what may be tried again."""
        runs = [Run.FAIL, Run.CANCEL] if canceled else [Run.FAIL]
        return self.filter(deleted_at=None, run__in=runs)

    def not_ready(self) -> Self:
        """Searched documents that are not parsed, or not anew; one with typed-in chunks alone waits for nothing."""
        finished = Q(run=Run.DONE) | Q(run=Run.UNSTART, chunk_num__gt=0)
        return self.filter(deleted_at=None, enabled=True).exclude(finished)

    def stored_bytes(self) -> int:
        """Bytes of the living documents together."""
        total: int | None = self.filter(deleted_at=None).aggregate(total=Sum("size"))["total"]
        return total or 0

    def tally(self) -> dict[str, int]:
        """How many living documents are `processing` (waiting, too), `finished`, `failed` or `cancelled`.

        `downloaded` are those, of whatever state, that came from elsewhere than an upload.
        """
        return self.filter(deleted_at=None).aggregate(
            processing=Count("pk", filter=Q(progress__gte=0, progress__lt=1) & ~Q(run=Run.CANCEL)),
            finished=Count("pk", filter=Q(progress=1)),
            failed=Count("pk", filter=Q(progress=-1)),
            cancelled=Count("pk", filter=Q(run=Run.CANCEL)),
            downloaded=Count("pk", filter=~Q(source_type=LOCAL)),
        )

    def with_progress(self) -> Self:
        """Annotate `live_progress` (0..1, or -1) and `live_message`: those of the running tasks while there are any.

        Heartbeats write the task row only, so the document's own columns move at the transitions of its tasks.
        """
        from documents.models.task import OPEN, Task, TaskState

        tasks = Task.objects.filter(document=OuterRef("pk"), gen=OuterRef("gen")).order_by().values("document")
        running_first = Case(When(state=TaskState.RUNNING, then=0), default=1)
        return self.annotate(
            # PostgreSQL's greatest() passes over the NULL of a document without running tasks.
            live_progress=Greatest(
                Subquery(tasks.filter(document__run=Run.RUNNING).annotate(all=Task.objects.overall()).values("all")),
                F("progress"),
                output_field=models.FloatField(),
            ),
            live_message=Coalesce(
                Subquery(
                    Task.objects.filter(document=OuterRef("pk"), gen=OuterRef("gen"), document__run=Run.RUNNING)
                    .filter(state__in=OPEN)
                    .order_by(running_first, "part")
                    .values("message")[:1]
                ),
                F("progress_msg"),
            ),
        )


class Document(Row):
    """A file in a dataset.

    `gen` counts the generations of chunks that were begun; `published_gen` is the one that is searchable, 0 for none.
    `chunk_num` and `token_num` follow the chunks by trigger. `run` and `progress` follow from the tasks of `gen`.
    """

    kb = models.ForeignKey(Knowledgebase, models.CASCADE, related_name="documents")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    name = models.CharField(max_length=255)
    file = models.ForeignKey(File, models.SET_NULL, null=True, blank=True, related_name="documents")
    blob = models.ForeignKey(Blob, models.PROTECT, null=True, blank=True, related_name="documents")
    location = models.CharField(max_length=512, default="", blank=True, help_text="Shown to clients; not a path.")
    size = models.BigIntegerField(default=0, help_text="Bytes.")
    sha256 = models.CharField(max_length=64, default="", blank=True, editable=False)
    type = models.CharField(max_length=32)
    suffix = models.CharField(max_length=32, default="", blank=True)
    source_type = models.CharField(max_length=128, default=LOCAL)
    thumbnail = models.TextField(default="", blank=True, help_text="Name that clients ask for it by; empty: none.")
    thumbnail_blob = models.ForeignKey(Blob, models.PROTECT, null=True, blank=True, related_name="thumbnails")
    parser_id = models.CharField("chunk method", max_length=32, choices=Method, default=Method.NAIVE)
    parser_config = models.JSONField(default=dict, blank=True)
    pipeline_id = models.CharField(max_length=32, null=True, blank=True)
    meta_fields = models.JSONField(default=dict, blank=True)
    enabled = models.BooleanField(default=True, help_text="Disabled documents are not searched.")
    chunk_num = models.BigIntegerField("chunks", default=0, editable=False)
    token_num = models.BigIntegerField("tokens", default=0, editable=False)
    gen = models.PositiveIntegerField(default=0, editable=False)
    published_gen = models.PositiveIntegerField(default=0, editable=False)
    published_recipe = models.CharField(
        max_length=64, default="", blank=True, editable=False, help_text="Digest of what it was made from."
    )
    run = models.CharField(max_length=1, choices=Run, default=Run.UNSTART, editable=False)
    progress = models.FloatField(default=0, editable=False)
    progress_msg = models.TextField(default="", blank=True, editable=False)
    process_begin_at = models.DateTimeField(null=True, blank=True, editable=False)
    process_duration = models.FloatField(default=0, editable=False, help_text="Seconds.")
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    touched = models.BigIntegerField(default=0, editable=False, help_text="The transaction that wrote it last.")

    objects = DocumentQuerySet.as_manager()

    class Meta:
        db_table = "rag_document"
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(F("kb"), Lower("name"), name="document_name", condition=Q(deleted_at=None)),
            models.CheckConstraint(condition=Q(chunk_num__gte=0, token_num__gte=0), name="document_counters"),
        ]
        indexes = [
            # Lists and counts of a dataset's documents, and their bytes, are read from this alone.
            models.Index(
                "kb",
                F("created_at").desc(),
                F("id").desc(),
                include=["size"],
                name="document_listed",
                condition=Q(deleted_at=None),
            ),
            # Finds a file that is there already, by its bytes.
            models.Index(fields=["kb", "sha256"], name="document_bytes", condition=Q(deleted_at=None)),
            models.Index(fields=["kb", "touched"], name="document_touched"),
            models.Index(fields=["deleted_at"], name="document_dead", condition=~Q(deleted_at=None)),
            models.Index(fields=["kb"], name="document_hidden", condition=Q(enabled=False) | ~Q(deleted_at=None)),
        ]
        triggers = [
            after_statement("count_inserted", pgtrigger.Insert, _COUNT.format(rows=_NEW)),
            after_statement("count_deleted", pgtrigger.Delete, _COUNT.format(rows=_OLD)),
            after_statement("count_updated", pgtrigger.Update, _COUNT.format(rows=f"{_NEW} UNION ALL {_OLD}")),
            after_statement("tell_removed", pgtrigger.Update, _REMOVED.format(rows=_BURIED)),
            after_statement("tell_dropped", pgtrigger.Delete, _REMOVED.format(rows=_DROPPED)),
            touching(),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, **kwargs: Any) -> None:
        """Save all but the counters: the database moves those, a stale copy must not undo it."""
        if not self._state.adding and kwargs.get("update_fields") is None:
            kwargs["update_fields"] = {field.name for field in self._meta.concrete_fields if not field.primary_key} - {
                "chunk_num",
                "token_num",
            }
        super().save(**kwargs)
