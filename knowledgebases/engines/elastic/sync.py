"""Makes the index equal to the search rows (design: ingestion.md §4): by state, never by replaying what happened.

For each chunk that is noted as pending its rows are read, and written with the version of the note; a chunk without
rows is deleted. The note goes when Elasticsearch has both taken and published that, unless it was renewed meanwhile. So
each step may be repeated, in any order, and a death anywhere costs a batch at most that is written twice.
"""

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
from django.conf import settings
from django.db import connection
from django.utils import timezone
from elasticsearch import Elasticsearch
from elasticsearch.helpers import streaming_bulk

from knowledgebases.engines.elastic import indexes, mapping, parity
from knowledgebases.engines.elastic.client import in_our_words, patient, told
from knowledgebases.models import IndexState, PendingChunk, SearchIndex
from system.errors import RagError, Unavailable

log = logging.getLogger(__name__)

BATCH = 500  # chunks of one request
BYTES = 8 << 20  # of one request
PASS_SECONDS = 5.0  # of one pass: whoever ends the process waits for it
REFUSED_AGAIN = timedelta(minutes=5)  # a chunk that was refused for what it is
TRIES = 4  # while Elasticsearch is too busy to take it, with pauses of 0.25 to 2 seconds
LONGEST_PAUSE = 60.0  # seconds, after failures in a row

_ROWS = """
    SELECT p.chunk_id, p.version, coalesce(l.kb_id, v.kb_id), coalesce(l.document_id, v.document_id),
      coalesce(l.available, v.available), l.weights::text, v.vectors
    FROM (SELECT chunk_id, version FROM rag_pending_chunk
          WHERE index_id = %(index)s AND (retry_at IS NULL OR retry_at <= now())
          ORDER BY version, chunk_id LIMIT %(batch)s) p
    LEFT JOIN rag_chunk_lexical l ON l.chunk_id = p.chunk_id
    LEFT JOIN LATERAL (
      SELECT min(d.kb_id) AS kb_id, min(d.document_id) AS document_id, bool_and(d.available) AS available,
        json_object_agg(d.space_id, d.embedding::real[])::text AS vectors
      FROM rag_chunk_dense d WHERE d.chunk_id = p.chunk_id) v ON true
"""
# A writer that renews a note holds it until it commits: such a note stays, and nobody waits.
_FORGET = """
    DELETE FROM rag_pending_chunk WHERE ctid = ANY(ARRAY(
      SELECT p.ctid FROM rag_pending_chunk p JOIN unnest(%(ids)s::text[], %(versions)s::bigint[]) AS done (id, version)
        ON p.chunk_id = done.id AND p.version = done.version
      WHERE p.index_id = %(index)s FOR UPDATE OF p SKIP LOCKED))
"""


@dataclass(frozen=True, slots=True)
class Noted:
    """A pending chunk with its rows as they are; `source` is None where it has none."""

    chunk_id: str
    version: int
    source: dict[str, Any] | None


def follow() -> int:
    """Bring what is pending to the indexes that are followed, for some seconds each; returns how many were brought.

    Any process may call it, any number of times; one of them works. What Elasticsearch refuses is shown by `health`,
    and tried again later.
    """
    if not settings.RAG_ELASTICSEARCH_URL:
        return indexes.forget_all()
    with _alone() as alone:
        if not alone:
            return 0
        return sum(_keep_up(index) for index in indexes.followed())


@contextmanager
def _alone() -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended('rag_search_index', 0))")
        alone: bool = cursor.fetchone()[0]
        try:
            yield alone
        finally:
            if alone:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended('rag_search_index', 0))")


def _keep_up(index: SearchIndex) -> int:
    if index.retry_at and index.retry_at > timezone.now():
        return 0
    try:
        with in_our_words():
            done = _follow(index, patient())
    except RagError as error:
        _postpone(index, error)
        return 0
    except (AttributeError, KeyError, TypeError, ValueError):
        log.exception("index %s", index)
        _postpone(index, Unavailable("Elasticsearch answers with what is no answer."))
        return 0
    if index.tries:
        log.info("index %s can be written to again", index)
        index.trouble, index.tries, index.retry_at = "", 0, None
        index.save(update_fields=["trouble", "tries", "retry_at"])
    return done


def _postpone(index: SearchIndex, error: RagError) -> None:
    """Try again after a pause that grows; a log line when it begins."""
    if not index.tries:
        log.warning("index %s cannot be followed: %s", index, error.message)
    index.tries += 1
    index.trouble = error.message
    index.retry_at = timezone.now() + timedelta(seconds=min(LONGEST_PAUSE, 2.0 ** min(index.tries, 6)))
    index.save(update_fields=["trouble", "tries", "retry_at"])


def _follow(index: SearchIndex, es: Elasticsearch) -> int:
    fields = indexes.prepare(index, es)
    done, until = 0, time.monotonic() + PASS_SECONDS
    while batch := _noted(index):
        if not _fields(batch) <= fields:  # of an embedding space that is new since this pass began
            fields = indexes.fit(index, es)
        done += _bring(index, es, batch)
        if time.monotonic() > until:
            break
    if index.state == IndexState.SERVING:
        indexes.point(index, es)
        indexes.drop_others(es)
    elif parity.settled(index, es):
        indexes.serve(index, es)
    return done


def _noted(index: SearchIndex) -> list[Noted]:
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, {"index": index.pk, "batch": BATCH})
        return [_read(*row) for row in cursor.fetchall()]


def _read(
    chunk_id: str,
    version: int,
    kb_id: str | None,
    document_id: str,
    available: bool,
    weights: str | None,
    vectors: str | None,
) -> Noted:
    if kb_id is None:
        return Noted(chunk_id, version, None)
    source: dict[str, Any] = {"kb": kb_id, "document": document_id, "available": available}
    if words := _words(weights or "{}"):
        source[mapping.WORDS] = words
    for space, vector in orjson.loads(vectors or "{}").items():
        # A vector without direction has no neighbours; one that is too long has no field.
        if any(vector) and len(vector) <= mapping.LONGEST_VECTOR:
            source[mapping.vector_field(space)] = vector
    return Noted(chunk_id, version, source)


def _fields(batch: Sequence[Noted]) -> set[str]:
    """The fields of vectors that a batch needs."""
    prefix = mapping.vector_field("")
    return {name for noted in batch for name in noted.source or () if name.startswith(prefix)}


def _words(weights: str) -> dict[str, float]:
    """The features of a sparse vector, which the database spells `{dimension:weight,...}/dimensions`."""
    inside = weights[1 : weights.index("}")]
    pairs = (entry.split(":") for entry in inside.split(",") if entry)
    return {dimension: float(weight) for dimension, weight in pairs}


def _bring(index: SearchIndex, es: Elasticsearch, batch: Sequence[Noted]) -> int:
    """Write a batch; returns how many chunks the index now knows. Raises Unavailable where it takes nothing at all."""
    refused: dict[str, str] = {}
    blocked = ""
    results = streaming_bulk(
        es,
        (_action(index, noted) for noted in batch),
        chunk_size=BATCH,
        max_chunk_bytes=BYTES,
        raise_on_error=False,
        require_alias=True,
        max_retries=TRIES,
        initial_backoff=0.25,
        max_backoff=2.0,
    )
    for _, outcome in results:
        (told_of,) = outcome.values()
        status, error = told_of["status"], told_of.get("error", {})
        if (status in (403, 404, 429) and error) or status >= 500:  # blocks, a lost index, queues that stay full
            blocked = told(error)
            refused[told_of["_id"]] = ""
        elif error and status != 409:  # 409: it knows a later version
            refused[told_of["_id"]] = told(error)
    es.indices.refresh(index=index.name)
    _forget(index, [noted for noted in batch if noted.chunk_id not in refused])
    _tell(index, {chunk_id: why for chunk_id, why in refused.items() if why})
    if blocked:
        raise Unavailable(f"Elasticsearch takes no writes: {blocked}")
    return len(batch) - len(refused)


def _action(index: SearchIndex, noted: Noted) -> dict[str, Any]:
    action = {"_index": index.inlet, "_id": noted.chunk_id, "version": noted.version, "version_type": "external"}
    if noted.source is None:
        return {**action, "_op_type": "delete"}
    return {**action, "_op_type": "index", "_source": noted.source}


def _forget(index: SearchIndex, known: Sequence[Noted]) -> None:
    ids, versions = [noted.chunk_id for noted in known], [noted.version for noted in known]
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, {"index": index.pk, "ids": ids, "versions": versions})


def _tell(index: SearchIndex, refused: dict[str, str]) -> None:
    """Note why some chunks were refused for what they are; they stay pending, and so are searched by their rows."""
    for chunk_id, why in refused.items():
        log.warning("index %s refuses chunk %s: %s", index, chunk_id, why)
        PendingChunk.objects.filter(index_id=index.pk, chunk_id=chunk_id).update(
            trouble=why, retry_at=timezone.now() + REFUSED_AGAIN
        )
