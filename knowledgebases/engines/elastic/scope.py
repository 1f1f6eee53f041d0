"""What a search of the index needs to know from the database first: whom it may find, and what its terms weigh."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from knowledgebases.engines.base import Query
from knowledgebases.engines.elastic.parity import FEW
from knowledgebases.engines.predicate import narrowing
from knowledgebases.lexical import statistics, tokenizer
from system.errors import Unavailable

_SCOPE = f"""
WITH asked (kb_id, term, dim) AS (
  SELECT * FROM unnest(%(owners)s::text[], %(salted)s::int[], %(dims)s::int[])),
counts AS ({statistics.FREQUENCIES}),
totals AS ({statistics.TOTALS}),
frequencies AS (
  SELECT a.dim, sum(c.df) AS df FROM asked a JOIN counts c ON c.kb_id = a.kb_id AND c.term = a.term GROUP BY a.dim),
living AS MATERIALIZED (SELECT id FROM rag_knowledgebase WHERE id = ANY(%(kb_ids)s) AND deleted_at IS NULL),
serving AS MATERIALIZED (SELECT id, name FROM rag_search_index WHERE state = 'serving'),
pending AS (
  SELECT chunk_id FROM rag_pending_chunk
  WHERE index_id = (SELECT id FROM serving) AND kb_id = ANY(%(kb_ids)s) LIMIT %(few)s)
SELECT (SELECT name FROM serving),
  ARRAY(SELECT id FROM living),
  ARRAY(SELECT id FROM rag_document WHERE kb_id = ANY(%(kb_ids)s) AND (NOT enabled OR deleted_at IS NOT NULL)),
  {{picked}},
  ARRAY(SELECT chunk_id FROM pending),
  (SELECT sum(chunks) FROM totals),
  (SELECT json_object_agg(dim, df) FROM frequencies WHERE df > 0)::text
"""  # noqa: S608 -- constants
_PICKED = """ARRAY(
    SELECT d.id FROM rag_document d WHERE d.kb_id IN (SELECT id FROM living) AND d.deleted_at IS NULL AND {wanted})"""


@dataclass(frozen=True, slots=True)
class Scope:
    """One look at the database."""

    index: str
    """Name of the index that serves."""
    kb_ids: Sequence[str]
    """Of the living datasets."""
    hidden: Sequence[str]
    """Documents that are not searched."""
    picked: Sequence[str] | None
    """Documents that the search is narrowed to; None: all."""
    pending: Sequence[str]
    """Chunks that the index may not know as they are."""
    idf: Mapping[int, float]
    """By dimension, of the terms that some chunk holds."""


def read(query: Query) -> Scope:
    """The scope of `query`. Raises Unavailable where no index serves, or where it lags too far behind."""
    asked = [(kb_id, term) for kb_id, terms in query.terms.items() for term in terms]
    parameters: dict[str, Any] = {
        "kb_ids": list(query.terms),
        "owners": [kb_id for kb_id, _ in asked],
        "salted": [tokenizer.salted(term, kb_id) for kb_id, term in asked],
        "dims": [tokenizer.dimension(term) for _, term in asked],
        "few": FEW + 1,
    }
    sql = _SCOPE.replace("{picked}", _picked(query, parameters))  # a predicate has braces of its own
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        index, kb_ids, hidden, picked, pending, chunks, frequencies = cursor.fetchone()
    if index is None:
        raise Unavailable("The index in Elasticsearch is still being filled.")
    if len(pending) > FEW:
        raise Unavailable(f"More than {FEW} passages of these datasets are not in Elasticsearch yet.")
    if picked == [] and query.unless_none:
        picked = None
    idf = {int(dim): _idf(int(df), int(chunks)) for dim, df in json.loads(frequencies or "{}").items()}
    return Scope(index, kb_ids, hidden, picked, pending, idf)


def _picked(query: Query, parameters: dict[str, Any]) -> str:
    wanted, own = narrowing(query)
    parameters.update(own)
    return _PICKED.replace("{wanted}", wanted) if wanted else "NULL::text[]"


def _idf(df: int, chunks: int) -> float:
    """As the database computes it (`engines.pgvector`)."""
    return math.log(1 + (max(chunks - df, 0) + 0.5) / (df + 0.5))
