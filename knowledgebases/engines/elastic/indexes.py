"""The life of an index: made, told of all chunks, filled, put to service beside none or another, dropped."""

import logging
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Sum
from elasticsearch import Elasticsearch
from elasticsearch.dsl import Index

from knowledgebases.engines.elastic import mapping
from knowledgebases.models import EmbeddingSpace, IndexState, Knowledgebase, PendingChunk, SearchIndex
from system.transactions import allow_more, retried

log = logging.getLogger(__name__)

LOCK_SECONDS = 5  # that writers wait behind us at most, who wait for those who write already
NOTE_SECONDS = 0.001  # that the note of a chunk may take: a quiet machine takes a small part of it

_SETTINGS = {
    "auto_expand_replicas": "0-1",
    "refresh_interval": "-1",  # whoever writes refreshes, before it forgets what it wrote
    "gc_deletes": "1h",  # so long a deletion is remembered, and a write that comes too late refused
}
_NOTE = """
    INSERT INTO rag_pending_chunk (index_id, chunk_id, kb_id, document_id, version, since, trouble)
    SELECT %(index)s, chunk_id, kb_id, document_id, v.version, clock_timestamp(), ''
    FROM (SELECT chunk_id, kb_id, document_id FROM rag_chunk_lexical
          UNION SELECT chunk_id, kb_id, document_id FROM rag_chunk_dense) rows
    CROSS JOIN (SELECT nextval('rag_index_version') AS version) v
    WHERE %(kb)s::text IS NULL OR kb_id = %(kb)s ORDER BY chunk_id
    ON CONFLICT (index_id, chunk_id) DO UPDATE SET (trouble, retry_at) = ('', NULL)
"""


def wanted() -> SearchIndex:
    """The index that is to serve, made known to the triggers if it is not yet."""
    rows = SearchIndex.objects.filter(revision=mapping.REVISION, name__startswith=_prefix())
    return rows.exclude(state=IndexState.FORMER).order_by("-pk").first() or announce()


def followed() -> list[SearchIndex]:
    """The index that is to serve; and before it the one that does until then, if it takes what is written now."""
    index = wanted()
    serving = SearchIndex.objects.filter(state=IndexState.SERVING, revision=mapping.REVISION).exclude(pk=index.pk)
    return [*serving, index]


@transaction.atomic
def announce() -> SearchIndex:
    """A new row, from which on the triggers write down what changes; it is the index that is wanted from now on.

    Who writes at the moment has not seen it, so the lock waits for them; who writes later sees it.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
        cursor.execute("LOCK TABLE rag_chunk_lexical, rag_chunk_dense IN SHARE MODE")
        cursor.execute("SELECT nextval('rag_index_version')")
        (number,) = cursor.fetchone()
    return SearchIndex.objects.create(name=f"{_prefix()}{number}", revision=mapping.REVISION)


def _prefix() -> str:
    return f"{settings.RAG_ELASTICSEARCH_INDEX}-"


def prepare(index: SearchIndex, es: Elasticsearch) -> set[str]:
    """Have Elasticsearch hold `index`, and all chunks noted that it may lack; returns its fields of vectors."""
    if not es.indices.exists(index=index.name):
        if index.state != IndexState.NEW:
            log.warning("index %s is gone from Elasticsearch; it is built anew", index)
            _set(index, IndexState.NEW)
        es.indices.create(index=index.name, aliases={index.inlet: {}}, **_body())
    fields = fit(index, es)
    if index.state == IndexState.NEW:
        note_all(index)
    return fields


def fit(index: SearchIndex, es: Elasticsearch) -> set[str]:
    """Have `index` hold a field for each embedding space there is; returns their names."""
    fields = mapping.vectors(EmbeddingSpace.objects.order_by("pk")).to_dict().get("properties", {})
    if fields:
        es.indices.put_mapping(index=index.name, properties=fields)  # what is there already stays as it is
    return set(fields)


def _body() -> dict[str, Any]:
    made = Index("any")
    made.settings(number_of_shards=settings.RAG_ELASTICSEARCH_SHARDS, **_SETTINGS)
    made.mapping(mapping.mapping())
    body: dict[str, Any] = made.to_dict()
    return body


@retried
def note_all(index: SearchIndex) -> None:
    """Have every chunk brought to `index`, which is filled from then on."""
    note(index)
    _set(index, IndexState.FILLING)


@retried
def note(index: SearchIndex, kb_id: str | None = None) -> int:
    """Have the chunks of one dataset, or of all, brought to `index`, whatever it knows; returns how many there are."""
    allow_more(NOTE_SECONDS * (Knowledgebase.objects.aggregate(chunks=Sum("chunk_num"))["chunks"] or 0))
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, {"index": index.pk, "kb": kb_id})
        return int(cursor.rowcount)


def serve(index: SearchIndex, es: Elasticsearch) -> None:
    """Put `index` into service at once; searches that are under way end where they began, while that is kept."""
    with transaction.atomic():
        SearchIndex.objects.filter(state=IndexState.SERVING).exclude(pk=index.pk).update(state=IndexState.FORMER)
        _set(index, IndexState.SERVING)
    point(index, es)
    log.info("index %s serves", index)


def point(index: SearchIndex, es: Elasticsearch) -> None:
    """Have the alias name `index` alone: for people and their tools; our searches go by the row that serves."""
    alias = settings.RAG_ELASTICSEARCH_INDEX
    holders = es.options(ignore_status=404).indices.get_alias(name=alias).body
    others = [name for name in holders if name not in (index.name, "error", "status")]
    if others or index.name not in holders:
        removed = [{"remove": {"index": name, "alias": alias}} for name in others]
        es.indices.update_aliases(actions=[*removed, {"add": {"index": index.name, "alias": alias}}])


def drop_others(es: Elasticsearch) -> None:
    """Remove indexes that neither serve nor are to, then their rows: what is left of a death in between is found again.

    They served before, or were still being filled when another one came to be wanted.
    """
    for index in SearchIndex.objects.exclude(state=IndexState.SERVING).exclude(pk=wanted().pk):
        es.options(ignore_status=404).indices.delete(index=index.name)
        _forget(index)


def forget_all() -> int:
    """Stop following, on a site that has no Elasticsearch any more; returns how many indexes were followed."""
    indexes = list(SearchIndex.objects.all())
    for index in indexes:
        log.warning("index %s is not followed any more; delete it in Elasticsearch", index)
        _forget(index)
    return len(indexes)


def _forget(index: SearchIndex) -> None:
    SearchIndex.objects.filter(pk=index.pk).delete()
    # Those of indexes that are gone, too: a writer that had seen one may have committed later.
    PendingChunk.objects.exclude(index_id__in=SearchIndex.objects.values("pk")).delete()


def _set(index: SearchIndex, state: IndexState) -> None:
    index.state = state
    index.save(update_fields=["state"])
