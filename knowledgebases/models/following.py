"""What an engine outside the database has to follow: its indexes, and the chunks that each of them may not know yet.

The search rows (`models.index`) are the truth. Triggers write down each chunk whose rows were touched, in the
transaction that touched them and once for every index: nothing that anybody does to the rows goes unnoticed, whoever
does it and however the index is doing. A site without such an index has no row of SearchIndex, and pays one look.
"""

from typing import Any, Self

import pgtrigger
from django.db import models
from django.utils import timezone

from knowledgebases.models.index import DenseRow, LexicalRow
from system.models.triggers import after_statement


class IndexState(models.TextChoices):
    """The life of an index: known to the triggers, told of all chunks, in service, and to be dropped after the next."""

    NEW = "new"
    FILLING = "filling"
    SERVING = "serving"
    FORMER = "former"


class SearchIndex(models.Model):
    """An index of Elasticsearch that follows the search rows."""

    name = models.CharField(max_length=200, unique=True)
    revision = models.CharField(max_length=32, help_text="Of the mapping that it was made with.")
    state = models.CharField(max_length=16, choices=IndexState, default=IndexState.NEW)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    trouble = models.TextField(default="", help_text="Why it cannot be written to; empty while it can.")
    tries = models.PositiveIntegerField(default=0, help_text="In a row that failed.")
    retry_at = models.DateTimeField(null=True, help_text="Until then nobody tries; empty: somebody may now.")

    class Meta:
        db_table = "rag_search_index"
        constraints = [
            models.UniqueConstraint(
                fields=["state"], name="search_index_serves_alone", condition=models.Q(state=IndexState.SERVING)
            )
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, **kwargs: Any) -> None:
        """Save what is named; a stale copy must not undo what others wrote."""
        if not self._state.adding and kwargs.get("update_fields") is None:
            raise AssertionError("name the fields that are to be saved")
        super().save(**kwargs)

    @property
    def inlet(self) -> str:
        """The alias that it is written to: where the index is gone, Elasticsearch would make one of that name."""
        return f"{self.name}-write"


class PendingChunkQuerySet(models.QuerySet["PendingChunk"]):
    """Rules over sets of pending chunks."""

    def due(self) -> Self:
        """Those that may be tried now."""
        return self.filter(models.Q(retry_at=None) | models.Q(retry_at__lte=timezone.now()))


class PendingChunk(models.Model):
    """A chunk that an index may not know as it is now; `version` grows with each change of it.

    No foreign key to the index: a writer that saw it must not fail because somebody dropped it meanwhile.
    """

    pk = models.CompositePrimaryKey("index_id", "chunk_id")
    index_id = models.BigIntegerField()
    chunk_id = models.CharField(max_length=32)
    kb_id = models.CharField(max_length=32)
    document_id = models.CharField(max_length=32)
    version = models.BigIntegerField()
    since = models.DateTimeField(help_text="Of the first change that the index does not know.")
    trouble = models.TextField(default="", help_text="Why the index did not take it.")
    retry_at = models.DateTimeField(null=True)

    objects = PendingChunkQuerySet.as_manager()

    class Meta:
        db_table = "rag_pending_chunk"
        indexes = [
            models.Index(fields=["index_id", "version", "chunk_id"], name="pending_chunk_order"),
            models.Index(fields=["index_id", "kb_id"], name="pending_chunk_kb"),
        ]


# By chunk, so that two writers who touch the same ones take them in the same order. A version is higher than all that
# were committed before: whoever waited here for another writer comes after it.
_NOTE = """
    IF EXISTS (SELECT FROM rag_search_index) THEN
        INSERT INTO rag_pending_chunk AS p (index_id, chunk_id, kb_id, document_id, version, since, trouble)
        SELECT i.id, r.chunk_id, r.kb_id, r.document_id, v.version, clock_timestamp(), ''
        FROM (SELECT DISTINCT ON (chunk_id) chunk_id, kb_id, document_id FROM ({rows}) touched ORDER BY chunk_id) r
        CROSS JOIN rag_search_index i CROSS JOIN (SELECT nextval('rag_index_version') AS version) v
        ORDER BY i.id, r.chunk_id
        ON CONFLICT (index_id, chunk_id) DO UPDATE SET
          (kb_id, document_id, version, trouble, retry_at) =
          (excluded.kb_id, excluded.document_id, greatest(excluded.version, p.version + 1), '', NULL);
    END IF;
    RETURN NULL;
"""
_NEW = _NOTE.format(rows="SELECT * FROM new_rows")
_OLD = _NOTE.format(rows="SELECT * FROM old_rows")

for _rows in (LexicalRow, DenseRow):
    pgtrigger.register(
        after_statement("follow_inserted", pgtrigger.Insert, _NEW),
        after_statement("follow_updated", pgtrigger.Update, _NEW),
        after_statement("follow_deleted", pgtrigger.Delete, _OLD),
    )(_rows)
