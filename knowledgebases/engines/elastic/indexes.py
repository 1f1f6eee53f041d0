"""The life of an index: made, told of all chunks, filled, put to service beside none or another, dropped."""

import logging
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from elasticsearch import Elasticsearch
from elasticsearch.dsl import Index

from knowledgebases.engines.elastic import mapping
from knowledgebases.models import EmbeddingSpace, IndexState, PendingChunk, SearchIndex

log = logging.getLogger(__name__)

LOCK_SECONDS = 5  # that writers wait behind us at most, who wait for those who write already

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
    CROSS JOIN (SELECT nextval('rag_index_version') AS version) v ORDER BY chunk_id
    ON CONFLICT (index_id, chunk_id) DO NOTHING
"""


def wanted() -> SearchIndex:
    """The index that is to serve, made known to the triggers if it is not yet."""
    prefix = f"{settings.RAG_ELASTICSEARCH_INDEX}-"
    rows = SearchIndex.objects.filter(revision=mapping.REVISION, name__startswith=prefix)
    return rows.exclude(state=IndexState.FORMER).order_by("-pk").first() or _announce(prefix)


@transaction.atomic
def _announce(prefix: str) -> SearchIndex:
    """A new row, from which on the triggers write down what changes.

    Who writes at the moment has not seen it, so the lock waits for them; who writes later sees it.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
        cursor.execute("LOCK TABLE rag_chunk_lexical, rag_chunk_dense IN SHARE MODE")
        cursor.execute("SELECT nextval('rag_index_version')")
        (number,) = cursor.fetchone()
    return SearchIndex.objects.create(name=f"{prefix}{number}", revision=mapping.REVISION)


def prepare(index: SearchIndex, es: Elasticsearch) -> None:
    """Have Elasticsearch hold `index`, with a field for each embedding space, and all chunks noted that it may lack."""
    if not es.indices.exists(index=index.name):
        if index.state != IndexState.NEW:
            log.warning("index %s is gone from Elasticsearch; it is built anew", index)
            _set(index, IndexState.NEW)
        es.indices.create(index=index.name, aliases={index.inlet: {}}, **_body())
    fields = mapping.vectors(EmbeddingSpace.objects.order_by("pk")).to_dict().get("properties")
    if fields:
        es.indices.put_mapping(index=index.name, properties=fields)  # what is there already stays as it is
    if index.state == IndexState.NEW:
        note_all(index)


def _body() -> dict[str, Any]:
    made = Index("any")
    made.settings(number_of_shards=settings.RAG_ELASTICSEARCH_SHARDS, **_SETTINGS)
    made.mapping(mapping.mapping())
    body: dict[str, Any] = made.to_dict()
    return body


@transaction.atomic
def note_all(index: SearchIndex) -> None:
    """Have every chunk brought to `index`, whatever it knows."""
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, {"index": index.pk})
    _set(index, IndexState.FILLING)


def serve(index: SearchIndex, es: Elasticsearch) -> None:
    """Put `index` into service at once; searches that are under way end where they began."""
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


def drop_former(es: Elasticsearch) -> None:
    """Remove the indexes that served before, then their rows: what is left of a death in between is found again."""
    for index in SearchIndex.objects.filter(state=IndexState.FORMER):
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
