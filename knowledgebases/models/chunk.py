"""Chunks: the published passages."""

from typing import Self

import pgtrigger
import xxhash
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F
from django.utils import timezone

from knowledgebases.models.knowledgebase import Knowledgebase
from system.models.triggers import after_statement

# Counters of documents follow their chunks whatever path a write takes (admin, bulk, raw SQL); those of the dataset
# follow its documents (`documents.models.document`). Transition tables: one update a statement, not one a row.
_COUNT = """
    UPDATE rag_document d SET chunk_num = d.chunk_num + delta.chunks, token_num = d.token_num + delta.tokens
    FROM (SELECT document_id, sum(n) AS chunks, sum(n * tokens) AS tokens
          FROM ({rows}) changed GROUP BY document_id
          HAVING sum(n) <> 0 OR sum(n * tokens) <> 0) delta
    WHERE d.id = delta.document_id;
    RETURN NULL;
"""
_NEW = "SELECT document_id, tokens, 1 AS n FROM new_rows"
_OLD = "SELECT document_id, tokens, -1 AS n FROM old_rows"


def chunk_id(document_id: str, content: str, occurrence: int = 0) -> str:
    """16 hex digits: xxHash64 of content and document id (contract A.7), so the same text added twice is one chunk.

    A passage that a parser finds several times in one document gets its `occurrence` (from 0) mixed in.
    """
    repeated = f"#{occurrence}" if occurrence else ""
    return xxhash.xxh64_hexdigest(f"{content}{document_id}{repeated}".encode("utf-8", "surrogatepass"))


class ChunkQuerySet(models.QuerySet["Chunk"]):
    """Rules over chunks."""

    def in_reading_order(self) -> Self:
        """By page and vertical position; where those are equal the newest first, then as they stand in the text."""
        return self.order_by(F("page"), F("top"), F("created_at").desc(), F("seq"), F("id"))


class Chunk(models.Model):
    """A passage of a document, with what people added to it. Its search rows live in `models.index`."""

    id = models.CharField(primary_key=True, max_length=32, editable=False)
    document = models.ForeignKey("documents.Document", models.CASCADE, related_name="chunks")
    kb = models.ForeignKey(Knowledgebase, models.CASCADE, related_name="chunks")
    gen = models.PositiveIntegerField(default=0, help_text="Generation of the document that published it.")
    part = models.PositiveIntegerField(default=0)
    seq = models.PositiveIntegerField(default=0, help_text="Place in its document, from 0.")
    content = models.TextField()
    kind = models.CharField(max_length=16, default="text")
    headings = ArrayField(models.TextField(), default=list, blank=True)
    important_keywords = ArrayField(models.TextField(), default=list, blank=True)
    questions = ArrayField(models.TextField(), default=list, blank=True)
    tags = ArrayField(models.TextField(), default=list, blank=True)
    tag_weights = models.JSONField(default=dict, blank=True, help_text="Tag -> weight, for ranking.")
    positions = models.JSONField(default=list, blank=True, help_text="[page, left, right, top, bottom] in points.")
    spans = models.JSONField(default=list, blank=True, help_text="[start, end) in the document's text.")
    page = models.PositiveIntegerField(default=0)
    top = models.IntegerField(default=0)
    tokens = models.PositiveIntegerField(default=0)
    digest = models.CharField(max_length=64, default="", editable=False, help_text="Of what was embedded.")
    available = models.BooleanField(default=True)
    by_hand = models.BooleanField(default=False, help_text="Added or edited by a person; survives a new parse.")
    source_gone = models.BooleanField(
        default=False, help_text="Kept, though the passage that a person edited is not in its document any more."
    )
    added = models.BooleanField(default=False, help_text="Typed in by a person: its document's title does not find it.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ChunkQuerySet.as_manager()

    class Meta:
        db_table = "rag_chunk"
        indexes = [
            models.Index(fields=["document", "page", "top", "seq"], name="chunk_reading_order"),
            models.Index(fields=["document", "digest"], name="chunk_digest"),
        ]
        triggers = [
            after_statement("count_inserted", pgtrigger.Insert, _COUNT.format(rows=_NEW)),
            after_statement("count_deleted", pgtrigger.Delete, _COUNT.format(rows=_OLD)),
            after_statement("count_updated", pgtrigger.Update, _COUNT.format(rows=f"{_NEW} UNION ALL {_OLD}")),
        ]

    def __str__(self) -> str:
        return self.content[:80]
