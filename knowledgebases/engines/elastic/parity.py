"""Does an index hold the chunks that there are? What pends is left out: it is known to differ.

Others write meanwhile, so nothing is a difference that a second look does not find.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from elasticsearch import Elasticsearch
from elasticsearch.dsl import Q, Search

from knowledgebases.models import PendingChunk, SearchIndex

BATCH = 1000  # chunks that are compared at a time
FEW = 2000  # pending chunks beside which an index can be compared, and searched

_ROWS = """
    SELECT chunk_id, kb_id FROM (
      SELECT chunk_id, kb_id FROM rag_chunk_lexical UNION SELECT chunk_id, kb_id FROM rag_chunk_dense) rows
    WHERE NOT EXISTS (SELECT FROM rag_pending_chunk p WHERE p.index_id = %(index)s AND p.chunk_id = rows.chunk_id)
      AND (%(kb)s::text IS NULL OR kb_id = %(kb)s)
"""
_COUNT = f"SELECT count(*) FROM ({_ROWS}) known"  # noqa: S608 -- constants
_KNOWN = """
    SELECT id, EXISTS (SELECT FROM rag_chunk_lexical l WHERE l.chunk_id = id)
            OR EXISTS (SELECT FROM rag_chunk_dense d WHERE d.chunk_id = id)
    FROM unnest(%(ids)s::text[]) AS id
    WHERE NOT EXISTS (SELECT FROM rag_pending_chunk p WHERE p.index_id = %(index)s AND p.chunk_id = id)
"""
_NOTE = """
    INSERT INTO rag_pending_chunk (index_id, chunk_id, kb_id, document_id, version, since, trouble)
    SELECT %(index)s, id, kb_id, '', v.version, clock_timestamp(), ''
    FROM unnest(%(ids)s::text[], %(kbs)s::text[]) AS noted (id, kb_id)
    CROSS JOIN (SELECT nextval('rag_index_version') AS version) v ORDER BY id
    ON CONFLICT (index_id, chunk_id) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """A chunk that is missing in an index, or that is there and nowhere else."""

    chunk_id: str
    kb_id: str
    missing: bool


def settled(index: SearchIndex, es: Elasticsearch) -> bool:
    """Whether an index that was filled holds what there is, but for few; what else it does not is noted as pending.

    None would be too much to ask: somebody may be writing all the time.
    """
    waiting = PendingChunk.objects.filter(index_id=index.pk)
    ids = list(waiting.values_list("chunk_id", flat=True)[: FEW + 1])
    if len(ids) > FEW:
        return False
    held = Search(using=es, index=index.name).query(Q("bool", must_not=[Q("ids", values=ids)])).count()
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"index": index.pk, "kb": None})
        if cursor.fetchone()[0] == held:
            return True
    return not note(index, list(differences(index, es)))


def differences(index: SearchIndex, es: Elasticsearch, kb_id: str | None = None) -> Iterator[Difference]:
    """Chunks of one dataset, or of all, that are in one of both places only; memory does not depend on how many are."""
    with connection.chunked_cursor() as rows:
        rows.execute(_ROWS, {"index": index.pk, "kb": kb_id})
        while batch := rows.fetchmany(BATCH):
            kbs = dict(batch)
            missing = kbs.keys() - _held(index, es, list(kbs))
            still = {chunk_id for chunk_id, there in _known(index, missing) if there}
            yield from (Difference(chunk_id, kbs[chunk_id], missing=True) for chunk_id in sorted(still))
    for places in _scanned(index, es, kb_id):
        gone = {chunk_id for chunk_id, there in _known(index, places) if not there}
        still = _held(index, es, sorted(gone))
        yield from (Difference(chunk_id, places[chunk_id], missing=False) for chunk_id in sorted(still))


def note(index: SearchIndex, found: Sequence[Difference]) -> int:
    """Have some chunks brought again; returns how many."""
    with connection.cursor() as cursor:
        ids, kbs = [one.chunk_id for one in found], [one.kb_id for one in found]
        cursor.execute(_NOTE, {"index": index.pk, "ids": ids, "kbs": kbs})
    return len(found)


def _known(index: SearchIndex, ids: Any) -> list[tuple[str, bool]]:
    """Those of some chunks that do not pend, and whether they have rows."""
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, {"index": index.pk, "ids": list(ids)})
        return list(cursor.fetchall())


def _held(index: SearchIndex, es: Elasticsearch, ids: Sequence[str]) -> set[str]:
    """Those of some chunks that the index holds."""
    if not ids:
        return set()
    search = Search(using=es, index=index.name).query(Q("ids", values=list(ids))).source(False)
    return {hit.meta.id for hit in search[: len(ids)].execute()}


def _scanned(index: SearchIndex, es: Elasticsearch, kb_id: str | None) -> Iterator[dict[str, str]]:
    """All chunks of the index, or those of a dataset, with the dataset that it has them in; in batches."""
    search = Search(using=es, index=index.name).source(False).extra(docvalue_fields=["kb"])
    if kb_id is not None:
        search = search.filter("term", kb=kb_id)
    batch: dict[str, str] = {}
    for hit in search.params(size=BATCH).scan():
        batch[hit.meta.id] = hit.kb[0]
        if len(batch) == BATCH:
            yield batch
            batch = {}
    if batch:
        yield batch
