"""Exact BM25 and dense search in PostgreSQL, both in one statement (design: retrieval.md §2, §3)."""

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection
from pgvector import HalfVector

from knowledgebases.engines.base import Found, Hit, Query
from knowledgebases.lexical import statistics, tokenizer

EXACT_DENSE = 20_000
"""Chunks in scope up to which every vector is compared; above, the HNSW index of the space is used."""

POSTINGS = 20_000
"""Chunks that are scored at first: terms are taken by falling idf while their document frequencies sum up to this."""

EXHAUSTIVE_LEXICAL = 200_000
"""Chunks in scope up to which every chunk with any term is scored where `POSTINGS` might have missed one."""

# iterative_scan: filters are applied while the graph is walked, so that it is walked until enough rows pass them.
_SETTINGS = (
    "SET LOCAL hnsw.iterative_scan = relaxed_order; SET LOCAL hnsw.ef_search = 200; "
    "SET LOCAL hnsw.max_scan_tuples = 40000; "
)

_LEXICAL_PART = f"""
asked (kb_id, term, dim) AS (SELECT * FROM unnest(%(owners)s::text[], %(salted)s::int[], %(dims)s::int[])),
counts AS ({statistics.FREQUENCIES}),
totals AS ({statistics.TOTALS}),
size AS (SELECT coalesce(sum(chunks), 0) AS n FROM totals),
idf AS MATERIALIZED (
  SELECT dim, df, ln(1 + (greatest(n - df, 0) + 0.5) / (df + 0.5)) AS idf
  FROM (SELECT a.dim, coalesce(sum(c.df), 0)::float8 AS df
        FROM asked a LEFT JOIN counts c ON c.kb_id = a.kb_id AND c.term = a.term GROUP BY a.dim) s, size),
picked AS MATERIALIZED (
  SELECT dim, idf, upto <= %(postings)s OR place = 1 AS taken
  FROM (SELECT dim, idf, sum(df) OVER w AS upto, row_number() OVER w AS place
        FROM idf WHERE df > 0 WINDOW w AS (ORDER BY idf DESC, dim)) p),
question AS MATERIALIZED (
  SELECT ('{{{{' || string_agg((dim + 1) || ':' || idf::float4, ',') || '}}}}/{tokenizer.DIMENSIONS}')::sparsevec
         AS weights FROM picked),
perfect AS (SELECT a.kb_id, sum(i.idf) AS idf FROM asked a JOIN idf i USING (dim) GROUP BY a.kb_id),
lexical AS MATERIALIZED (
  SELECT l.chunk_id, -(l.weights <#> (SELECT weights FROM question)) AS bm25
  FROM rag_chunk_lexical l
  WHERE l.terms && (SELECT array_agg(a.term) FROM asked a JOIN picked p USING (dim) WHERE p.taken)
    AND l.kb_id = ANY((SELECT ids FROM living)::text[]) AND l.available
    AND l.document_id NOT IN (SELECT id FROM hidden) {{documents}}
  ORDER BY bm25 DESC, l.chunk_id LIMIT %(lexical)s)"""  # noqa: S608 -- constants

_DENSE_PART = """
wanted AS MATERIALIZED (SELECT %(vector)s::halfvec({dimension}) AS vector),
near AS MATERIALIZED (
  SELECT v.chunk_id FROM rag_chunk_dense v
  WHERE v.kb_id = ANY((SELECT ids FROM living)::text[]) AND v.space_id = {space} AND v.available
    AND v.document_id NOT IN (SELECT id FROM hidden) {documents}
  ORDER BY {order} LIMIT %(dense)s)"""

_SEARCH = """
WITH living AS MATERIALIZED (
  SELECT array_agg(id) AS ids FROM rag_knowledgebase WHERE id = ANY(%(kb_ids)s) AND deleted_at IS NULL),
hidden AS MATERIALIZED (
  SELECT id FROM rag_document WHERE kb_id = ANY(%(kb_ids)s) AND (NOT enabled OR deleted_at IS NOT NULL)),
{parts},
found AS MATERIALIZED ({found})
SELECT c.id, c.document_id, d.name, c.kb_id, c.content, c.important_keywords, c.questions, c.positions, c.kind,
  k.pagerank, {bm25} AS bm25, {perfect} AS perfect, {cosine} AS cosine, {exact} AS exact
FROM found
JOIN rag_chunk c ON c.id = found.chunk_id
JOIN rag_document d ON d.id = c.document_id
JOIN rag_knowledgebase k ON k.id = c.kb_id
{joins}
"""


class PgvectorEngine:
    """Searches the index rows that live beside the chunks: nothing to keep in step."""

    def search(self, query: Query) -> Found:
        """Candidates for `query`; a second round trip only where very frequent terms could have hidden a chunk."""
        if not query.terms or query.document_ids == []:
            return Found(hits=())
        found = _run(query, postings=POSTINGS)
        if not found.exact and query.chunks <= EXHAUSTIVE_LEXICAL:
            found = _run(query, postings=None)
        return found


def _run(query: Query, *, postings: int | None) -> Found:
    sql, parameters = _statement(query, postings=postings)
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        while cursor.description is None:  # results of the settings, which travel with the search
            cursor.nextset()
        rows = cursor.fetchall()
    return Found(hits=[_hit(row) for row in rows], exact=rows[0][-1] if rows else postings is None)


def _statement(query: Query, *, postings: int | None) -> tuple[str, dict[str, Any]]:
    """SQL and parameters of the whole search."""
    asked = [(kb_id, term) for kb_id, terms in query.terms.items() for term in terms]
    parameters: dict[str, Any] = {
        "kb_ids": list(query.terms),
        "document_ids": list(query.document_ids or ()),
        "owners": [kb_id for kb_id, _ in asked],
        "salted": [tokenizer.salted(term, kb_id) for kb_id, term in asked],
        "dims": [tokenizer.dimension(term) for _, term in asked],
        "postings": 2**62 if postings is None else postings,
        "lexical": query.lexical,
        "dense": query.dense,
    }
    documents = "" if query.document_ids is None else "AND {row}.document_id = ANY(%(document_ids)s)"
    parts, found, settings = [], [], ""
    columns = {"bm25": "0", "perfect": "0", "cosine": "NULL", "exact": "true", "joins": ""}
    if asked:
        parts.append(_LEXICAL_PART.format(documents=documents.format(row="l")))
        found.append("SELECT chunk_id FROM lexical")
        columns |= _lexical_columns()
    if query.vector is not None and query.space_id is not None:
        settings = "" if query.chunks <= EXACT_DENSE else _SETTINGS
        parameters["vector"] = HalfVector(query.vector).to_text()
        parts.append(_dense_part(query, documents.format(row="v")))
        found.append("SELECT chunk_id FROM near")
        columns["cosine"] = "-(v.embedding <#> (SELECT vector FROM wanted))"
        columns["joins"] += f" LEFT JOIN rag_chunk_dense v ON v.chunk_id = c.id AND v.space_id = {int(query.space_id)}"
    if not parts:
        found.append("SELECT NULL::text AS chunk_id WHERE false")
        parts.append("nothing AS (SELECT 1)")
    sql = _SEARCH.format(parts=",".join(parts), found=" UNION ".join(found), **columns)
    return settings + sql, parameters


def _lexical_columns() -> dict[str, str]:
    # Exact: the last of a full list scores at least what a chunk with none of the taken terms could reach. A list that
    # is not full holds every chunk with a taken term, but chunks with other terms alone may be missing.
    return {
        "bm25": "coalesce(-(l.weights <#> (SELECT weights FROM question)), 0)",
        "perfect": "(SELECT p.idf FROM perfect p WHERE p.kb_id = c.kb_id)",
        "exact": "coalesce((SELECT sum(idf) FROM picked WHERE NOT taken), 0) <= "
        "(SELECT CASE WHEN count(*) >= %(lexical)s THEN min(bm25) ELSE 0 END FROM lexical)",
        "joins": " LEFT JOIN rag_chunk_lexical l ON l.chunk_id = c.id",
    }


def _dense_part(query: Query, documents: str) -> str:
    """The nearest vectors, exactly in small scopes.

    `+ 0` keeps the planner off the HNSW index, which it would take for a small dataset beside large ones and then find
    next to nothing of it (recall@100 of .04 for 5,000 of 100,000 rows).
    """
    dimension = len(query.vector) if query.vector is not None else 0
    if query.chunks <= EXACT_DENSE:
        distance = "v.embedding <#> (SELECT vector FROM wanted)"
        order = f"({distance}) + 0"
    else:
        distance = order = f"v.embedding::halfvec({dimension}) <#> (SELECT vector FROM wanted)"  # noqa: S608
    return _DENSE_PART.format(
        order=order,
        dimension=dimension,
        space=int(query.space_id or 0),
        documents=documents,
    )


def _hit(row: Sequence[Any]) -> Hit:
    (
        chunk_id,
        document_id,
        name,
        kb_id,
        content,
        keywords,
        questions,
        positions,
        kind,
        pagerank,
        bm25,
        perfect,
        cosine,
        _,
    ) = row
    return Hit(
        chunk_id=chunk_id,
        document_id=document_id,
        document_name=name,
        kb_id=kb_id,
        content=content,
        keywords=keywords,
        questions=questions,
        positions=json.loads(positions),  # Django leaves decoding of jsonb to its fields
        kind=kind,
        pagerank=float(pagerank),
        term=min(1.0, max(0.0, bm25 / perfect)) if perfect else 0.0,
        cosine=None if cosine is None else float(cosine),
    )
