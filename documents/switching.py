"""Replaces the published generation of a document by the staged one, inside PostgreSQL: texts do not pass through here.

The planner knows nothing of rows written a moment ago. So each statement goes from the staged rows to others by a
unique key, or from the document by an index: even the worst plan is linear.
"""

from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

from django.db import connection
from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Abs, Coalesce
from django.utils import timezone

from documents import batches, paid, recipes, staging
from documents.models import DeletedChunk, Document, Stage
from documents.staging import Draft
from documents.vectors import title_of
from knowledgebases import indexing
from knowledgebases.lexical import rows
from knowledgebases.models import Chunk, EmbeddingSpace, chunk_id

BATCH = 500
OFF = 0.5
"""Part by which the average length may have moved since a chunk was weighed: within a factor of two rankings hold
(design: retrieval.md §2), and the parts of one large file may well be that different."""

_STAGED = "rag_stage s JOIN rag_task t ON t.id = s.task_id AND t.document_id = %(document)s AND t.gen = %(gen)s"

# Passages whose text stands in the document before; `place` tells how often.
_REPEATED = f"""
SELECT id, chunk->>'content', place FROM (
  SELECT s.id, s.chunk, row_number() OVER (PARTITION BY s.key ORDER BY s.seq) - 1 AS place FROM {_STAGED}) placed
WHERE place > 0
"""  # noqa: S608 -- constants, here and below
_WEIGH = "UPDATE rag_stage SET length = %s, terms = %s, weights = %s::sparsevec WHERE id = %s"
_NAME = """
UPDATE rag_stage s SET key = named.key FROM unnest(%s::bigint[], %s::text[]) AS named(id, key) WHERE s.id = named.id
"""

_REMEMBER = f"""
INSERT INTO rag_cut (document_id, by, beginnings)
SELECT %(document)s, %(by)s, array_agg(DISTINCT s.beginning) FROM {_STAGED} HAVING count(*) > 0
ON CONFLICT (document_id) DO UPDATE SET (by, beginnings) = (excluded.by, excluded.beginnings)
"""  # noqa: S608

# Where a chunk is there already that people made theirs, or whose text was embedded before, search rows stay.
_NEW = "(c.id IS NULL OR (NOT c.by_hand AND c.digest <> s.digest))"
_BESIDE = f"{_STAGED} LEFT JOIN rag_chunk c ON c.id = s.key AND c.document_id = t.document_id"
_WORDS = f"""
INSERT INTO rag_chunk_lexical (chunk_id, kb_id, document_id, available, length, terms, weights)
SELECT s.key, t.kb_id, t.document_id, coalesce(c.available, true), s.length, s.terms, s.weights
FROM {_BESIDE} WHERE {_NEW}
ON CONFLICT (chunk_id) DO UPDATE SET (kb_id, document_id, available, length, terms, weights) =
  (excluded.kb_id, excluded.document_id, excluded.available, excluded.length, excluded.terms, excluded.weights)
"""  # noqa: S608
_VECTORS = f"""
INSERT INTO rag_chunk_dense (chunk_id, kb_id, document_id, available, space_id, embedding)
SELECT s.key, t.kb_id, t.document_id, coalesce(c.available, true), %(space)s, s.embedding
FROM {_BESIDE} WHERE {_NEW}
ON CONFLICT (chunk_id, space_id) DO UPDATE SET (kb_id, document_id, available, embedding) =
  (excluded.kb_id, excluded.document_id, excluded.available, excluded.embedding)
"""  # noqa: S608

_PASSAGE = """
jsonb_to_record(s.chunk) AS p(
  content text, kind text, headings text[], positions jsonb, spans jsonb, page int, top int, tokens int)
"""
# What of a chunk may change while the passage, and so its id, stays the same.
_MOVE = f"""
UPDATE rag_chunk c SET gen = t.gen, part = t.part, seq = s.seq, kind = p.kind, headings = p.headings,
  positions = p.positions, spans = p.spans, page = coalesce(p.page, 0), top = coalesce(p.top, 0), tokens = p.tokens,
  digest = s.digest, created_at = %(now)s
FROM {_STAGED} CROSS JOIN LATERAL {_PASSAGE}
WHERE c.id = s.key AND c.document_id = t.document_id AND NOT c.by_hand
"""  # noqa: S608
_KEEP = f"""
UPDATE rag_chunk c SET gen = t.gen, source_gone = false
FROM {_STAGED} WHERE c.id = s.key AND c.document_id = t.document_id AND c.by_hand
"""  # noqa: S608
_ADD = f"""
INSERT INTO rag_chunk (id, document_id, kb_id, gen, part, seq, content, kind, headings, important_keywords, questions,
  tags, tag_weights, positions, spans, page, top, tokens, digest, available, by_hand, source_gone, added, created_at,
  updated_at)
SELECT s.key, t.document_id, t.kb_id, t.gen, t.part, s.seq, p.content, p.kind, p.headings, '{{}}', '{{}}',
  '{{}}', '{{}}', p.positions, p.spans, coalesce(p.page, 0), coalesce(p.top, 0), p.tokens, s.digest, true, false, false,
  false, %(now)s, %(now)s
FROM {_BESIDE} CROSS JOIN LATERAL {_PASSAGE} WHERE c.id IS NULL
"""  # noqa: S608


def switch(document: Document, space: EmbeddingSpace | None) -> int:
    """Make the staged generation of a locked document the published one; returns the number of its chunks.

    Passages that are there already keep their chunk, passages that people deleted stay away, and what they added or
    edited stays, marked where the passage that it was made of is gone.
    """
    stages = Stage.objects.filter(task__document=document, task__gen=document.gen)
    ids = {"document": document.pk, "gen": document.gen, "space": space and space.pk}
    values = {**ids, "now": timezone.now(), "by": recipes.cutting(document)}
    batches.allow(stages.count())
    _name_repeated(document, values)
    _execute(_REMEMBER, values)
    stages.filter(key__in=DeletedChunk.objects.filter(document=document).values("chunk_id")).delete()
    _weigh_anew(document, stages)
    count = stages.count()
    chunks = Chunk.objects.filter(document=document)
    if count:
        if space is None:
            raise AssertionError(f"{document.pk}: chunks were staged without an embedding space")
        indexing.enter(document.kb, space)
        with rows.in_bulk() if count > batches.CHUNKS else nullcontext():
            _execute(_WORDS, values)
        _execute(_VECTORS, values)
        _execute(_MOVE, values)
        _execute(_KEEP, values)
    # What was parsed has a place in the text; what was typed in has none, and no source to lose.
    chunks.filter(by_hand=True, source_gone=False).exclude(gen=document.gen).exclude(spans=[]).update(source_gone=True)
    # Last, for with the first chunk that comes or goes the counters lock the dataset's row, and it is everybody's.
    chunks.filter(by_hand=False).exclude(gen=document.gen).delete()
    _execute(_ADD, values)
    paid.forget([document])
    return count


def _execute(sql: str, values: Mapping[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def _name_repeated(document: Document, values: Mapping[str, Any]) -> None:
    """Give each repetition of a passage an id of its own."""
    with connection.chunked_cursor() as repeated:
        repeated.execute(_REPEATED, values)
        while found := repeated.fetchmany(BATCH):
            keys = [chunk_id(document.pk, content, place) for _, content, place in found]
            with connection.cursor() as cursor:
                cursor.execute(_NAME, [[pk for pk, *_ in found], keys])


def _weigh_anew(document: Document, stages: QuerySet[Stage]) -> None:
    """Weigh the words of those again for which title, language, or average length are others than they were."""
    known = stages.aggregate(chunks=Count("length"), length=Coalesce(Sum("length"), 0))
    average = rows.average_beside(document.kb_id, **known)
    stale = stages.annotate(off=Abs(F("average") - average)).filter(
        ~Q(weighed=rows.mark(title_of(document), document.kb.language)) | Q(off__gt=OFF * average)
    )
    batch: list[Stage] = []
    for stage in stale.only("seq", "chunk", "key", "length").iterator(chunk_size=BATCH):
        batch.append(stage)
        if len(batch) == BATCH:
            _weigh(document, batch, **known)
            batch = []
    _weigh(document, batch, **known)


def _weigh(document: Document, stages: list[Stage], *, chunks: int, length: int) -> None:
    """Weigh some staged passages, of which there are `chunks` that are `length` long together."""
    counted = [stage.length for stage in stages if stage.length is not None]
    drafts = [Draft(stage.seq, stage.chunk, stage.key) for stage in stages]
    weighed = staging.weigh(document, drafts, beside=(chunks - len(counted), length - sum(counted)))
    columns = [(words.columns, stage.pk) for stage, words in zip(stages, weighed, strict=True)]
    with connection.cursor() as cursor:  # not bulk_update: it compiles a CASE of every value, at some seconds a batch
        cursor.executemany(_WEIGH, [(one.length, one.terms, one.weights.to_text(), pk) for one, pk in columns])
