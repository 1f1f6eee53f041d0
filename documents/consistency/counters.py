"""Counters of documents and datasets, which triggers move, against the rows that they count."""

from collections.abc import Iterator

import pgtrigger
from django.db.models import BigIntegerField, Count, Q, Sum
from django.db.models.functions import Coalesce

from documents.consistency.base import Finding, Scope, found
from documents.models import Document, Run
from knowledgebases.models import Chunk, Knowledgebase
from system.transactions import retried

_DOCUMENTS = """
    SELECT d.id, d.kb_id, format('counts %%s chunks and %%s tokens; there are %%s and %%s',
                                 d.chunk_num, d.token_num, coalesce(c.n, 0), coalesce(c.tokens, 0))
    FROM rag_document d
    LEFT JOIN (SELECT document_id, count(*) AS n, sum(tokens) AS tokens FROM rag_chunk
               WHERE %(kb)s::text IS NULL OR kb_id = %(kb)s GROUP BY document_id) c ON c.document_id = d.id
    WHERE (%(kb)s::text IS NULL OR d.kb_id = %(kb)s)
      AND (d.chunk_num, d.token_num) <> (coalesce(c.n, 0), coalesce(c.tokens, 0))
"""
_DATASETS = """
    SELECT k.id, k.id, format('counts %%s; there are %%s', counted::text, there::text)
    FROM rag_knowledgebase k
    LEFT JOIN (SELECT kb_id, count(*) AS docs, sum(chunk_num) AS chunks, sum(token_num) AS tokens, sum(size) AS bytes,
                      count(*) FILTER (WHERE run = '1') AS queued, sum(size) FILTER (WHERE run = '1') AS queued_bytes
               FROM rag_document WHERE deleted_at IS NULL AND (%(kb)s::text IS NULL OR kb_id = %(kb)s)
               GROUP BY kb_id) d ON d.kb_id = k.id
    CROSS JOIN LATERAL (SELECT jsonb_build_object(
        'documents', doc_num, 'chunks', k.chunk_num, 'tokens', k.token_num, 'bytes', byte_num,
        'queued', queued_num, 'queued bytes', k.queued_bytes)) AS c(counted)
    CROSS JOIN LATERAL (SELECT jsonb_build_object(
        'documents', coalesce(docs, 0), 'chunks', coalesce(chunks, 0), 'tokens', coalesce(tokens, 0),
        'bytes', coalesce(bytes, 0), 'queued', coalesce(queued, 0), 'queued bytes', coalesce(d.queued_bytes, 0))
    ) AS t(there)
    WHERE (%(kb)s::text IS NULL OR k.id = %(kb)s) AND counted <> there
"""


class DocumentCounters:
    """Chunks and tokens of a document."""

    name = "document-counters"
    meaning = "A document shows more or fewer chunks or tokens than it has."

    def find(self, scope: Scope) -> Iterator[Finding]:
        """Documents that count wrong."""
        return found(_DOCUMENTS, scope)

    @retried
    def repair(self, finding: Finding) -> str:
        """Count again, the dataset too: its counters follow those of its documents."""
        document = Document.objects.select_for_update(no_key=True).filter(pk=finding.key).first()
        if document is None:
            return ""
        counted = Chunk.objects.filter(document=document).aggregate(n=Count("pk"), tokens=Sum("tokens"))
        # The trigger would move the dataset's counters by the difference, perhaps below zero.
        with pgtrigger.ignore("documents.Document:count_updated"):
            Document.objects.filter(pk=document.pk).update(chunk_num=counted["n"], token_num=counted["tokens"] or 0)
        _recount(document.kb_id)
        return "counted again"


class DatasetCounters:
    """Documents, chunks, tokens and bytes of a dataset, and how much of it waits to be parsed."""

    name = "dataset-counters"
    meaning = "A dataset shows, and a quota counts, more or less than it has."

    def find(self, scope: Scope) -> Iterator[Finding]:
        """Datasets that count wrong."""
        return found(_DATASETS, scope)

    @retried
    def repair(self, finding: Finding) -> str:
        """Count again."""
        _recount(finding.key)
        return "counted again"


def _recount(kb_id: str) -> None:
    # Whoever moves a counter holds the dataset's row until their transaction ends: behind the lock all is counted.
    if Knowledgebase.objects.select_for_update(no_key=True).filter(pk=kb_id).first() is None:
        return
    queued = Q(run=Run.RUNNING)
    counted = Document.objects.filter(kb=kb_id, deleted_at=None).aggregate(
        doc_num=Count("pk"),
        chunk_num=Coalesce(Sum("chunk_num"), 0, output_field=BigIntegerField()),
        token_num=Coalesce(Sum("token_num"), 0, output_field=BigIntegerField()),
        byte_num=Coalesce(Sum("size"), 0, output_field=BigIntegerField()),
        queued_num=Count("pk", filter=queued),
        queued_bytes=Coalesce(Sum("size", filter=queued), 0, output_field=BigIntegerField()),
    )
    Knowledgebase.objects.filter(pk=kb_id).update(**counted)
