"""Exact BM25 and dense search in PostgreSQL, both in one statement (design: retrieval.md §2, §3)."""

import json
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection
from pgvector import HalfVector
from psycopg.errors import QueryCanceled

from knowledgebases.engines import sqltext
from knowledgebases.engines.base import Found, Hit, Query
from knowledgebases.engines.predicate import narrowing
from knowledgebases.lexical import tokenizer
from system.errors import Unavailable

EXACT_DENSE = 20_000
"""Chunks in scope up to which every vector is compared; above, the HNSW index of the space is used where that pays."""

WORTH = 30
"""Vectors that are compared one by one in the time in which the walk through the index meets one."""

CHUNKS_PER_CANDIDATE = 1250
"""Chunks of the datasets for each candidate that the walk through the index keeps: what it misses grows with the graph.

Of a million chunks recall@10 was .88 with 200 candidates, .94 with 400 and .97 with 800, which took 15 ms more. Beside
other datasets the walk goes on past their chunks anyway.
"""

LEAST_EF = 200
"""Candidates of a walk, at least."""

MOST_EF = 1000
"""What pgvector takes at most."""

POSTINGS = 15_000
"""Chunks that are scored at first: terms are taken by falling idf while their document frequencies sum up to this."""

EXHAUSTIVE_LEXICAL = 50_000
"""Chunks of the datasets up to which every chunk with any term is scored where `POSTINGS` might have missed one."""

FEW_WORDS = 2_000
"""Chunks in scope up to which each is scored, whatever its words, in a search that is narrowed to some documents."""

LOOKUPS = 4
"""Chunks that the index of words finds in the time in which one is looked up by its document."""


class PgvectorEngine:
    """Searches the index rows that live beside the chunks: nothing to keep in step.

    A search ends with Unavailable after RAG_SEARCH_SECONDS, outside of a transaction; within one, the limits of its
    owner hold.
    """

    def search(self, query: Query) -> Found:
        """Candidates for `query`; a second round trip only where very frequent terms could have hidden a chunk."""
        if not query.terms or query.document_ids == []:
            return Found(hits=())
        exhaustive = query.among is not None or query.chunks <= EXHAUSTIVE_LEXICAL
        # No first try where it would seldom be exact (the list of a narrowed search is rarely full), or cost as much.
        at_once = query.among is not None or _narrowed(query) or query.chunks <= POSTINGS
        found = _run(query, postings=None if exhaustive and at_once else POSTINGS)
        return found if found.exact or not exhaustive else _run(query, postings=None)


def _run(query: Query, *, postings: int | None) -> Found:
    sql, parameters = _statement(query, postings=postings)
    limit = "" if connection.in_atomic_block else f"SET LOCAL statement_timeout = {_milliseconds()}; "
    try:
        with connection.cursor() as cursor:
            cursor.execute(limit + sql, parameters)
            while cursor.description is None:  # results of the settings, which travel with the search
                cursor.nextset()
            rows = cursor.fetchall()
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise Unavailable(
                f"The search took more than {_milliseconds() / 1000:g} seconds and was given up. Ask in fewer words, "
                "or search fewer datasets or documents.",
                headers={"Retry-After": "5"},
            ) from error
        raise
    exact, near, documents, reworded = rows[0][:4]
    hits = [_hit(row[4:]) for row in rows if row[4] is not None]
    return Found(hits=hits, exact=exact, near=near, documents=documents, reworded=reworded)


def _milliseconds() -> int:
    return max(1, round(settings.RAG_SEARCH_SECONDS * 1000))


def _all_compared(query: Query) -> bool:
    return query.among is not None or query.chunks <= EXACT_DENSE


def _ef_search(query: Query) -> int:
    return min(MOST_EF, max(LEAST_EF, query.chunks // CHUNKS_PER_CANDIDATE))


def _narrowed(query: Query) -> bool:
    return query.document_ids is not None or query.where is not None


def _statement(query: Query, *, postings: int | None) -> tuple[str, dict[str, Any]]:
    """SQL and parameters of the whole search."""
    asked = [(kb_id, term) for kb_id, terms in query.terms.items() for term in terms]
    parameters: dict[str, Any] = {
        "kb_ids": list(query.terms),
        "owners": [kb_id for kb_id, _ in asked],
        "salted": [tokenizer.salted(term, kb_id) for kb_id, term in asked],
        "dims": [tokenizer.dimension(term) for _, term in asked],
        "postings": 2**62 if postings is None else postings,
        "lexical": query.lexical,
        "dense": query.dense,
        "spoken_in": list(query.languages),
        "languages": list(query.languages.values()),
        "among": list(query.among or ()),
        "chunks": query.chunks,
        "few": EXACT_DENSE,
        "few_words": FEW_WORDS,
        "lookups": LOOKUPS,
    }
    columns = {"bm25": "0", "perfect": "0", "cosine": "NULL", "exact": "true", "near": "true", "documents": "NULL"}
    parts, found, joins, setup = [], [], "", ""
    if _narrowed(query):
        parts.append(_picked(query, parameters))
        columns["documents"] = "(SELECT documents FROM scope)"
    if asked:
        parts.append(sqltext.LEXICAL_PART.format(ways=_words(query)))
        found.append("SELECT chunk_id, row_number() OVER (ORDER BY bm25 DESC, chunk_id) AS place FROM lexical")
        columns |= _lexical_columns(query)
        joins += "\n  LEFT JOIN rag_chunk_lexical l ON l.chunk_id = c.id\n  LEFT JOIN perfect p ON p.kb_id = c.kb_id"
    if query.vector is not None and query.space_id is not None:
        setup = "" if _all_compared(query) else sqltext.SETTINGS.format(ef_search=_ef_search(query))
        parameters["vector"] = HalfVector(query.vector).to_text()
        parts.append(_dense_part(query))
        found.append("SELECT chunk_id, row_number() OVER (ORDER BY distance, chunk_id) AS place FROM near")
        columns["cosine"] = "-(v.embedding <#> (SELECT vector FROM wanted))"
        columns["near"] = _near(query)
        joins += f"\n  LEFT JOIN rag_chunk_dense v ON v.chunk_id = c.id AND v.space_id = {int(query.space_id)}"
    if not found:
        found.append("SELECT NULL::text AS chunk_id, 1 AS place WHERE false")
    sql = sqltext.SEARCH.format(
        parts="".join(f",\n{part}" for part in parts), found=" UNION ALL ".join(found), joins=joins, **columns
    )
    return setup + sql, parameters


def _picked(query: Query, parameters: dict[str, Any]) -> str:
    """The documents that a search is narrowed to; adds its own to the `parameters`."""
    wanted, own = narrowing(query)
    parameters.update(own, unless_none=query.unless_none and query.where is not None)
    return sqltext.PICKED.replace("{wanted}", wanted)  # a predicate has braces of its own


def _in_scope(query: Query, row: str) -> str:
    among = "" if query.among is None else sqltext.AMONG.format(row=row)
    return among + (sqltext.IN_SCOPE.format(row=row) if _narrowed(query) else "")


def _words(query: Query) -> str:
    """The chunks with the best words: by the index of terms, or chunk by chunk in very small scopes."""
    names = {
        "rows": "rag_chunk_lexical l",
        "taken": "p.taken",
        "kb": sqltext.OF_DATASETS.format(row="l"),
        "documents": _in_scope(query, "l"),
        "unless": "",
    }
    if not _narrowed(query):
        return sqltext.WORDS.format(**names)
    few = {"rows": sqltext.ROWS_OF_FEW, "taken": "true", "unless": f" AND {sqltext.FEW_WORDS}"}
    ways = [
        sqltext.WORDS.format(**names | few),
        sqltext.WORDS.format(**names | {"unless": f" AND NOT {sqltext.FEW_WORDS}"}),
    ]
    return " UNION ALL ".join(ways)


def _lexical_columns(query: Query) -> dict[str, str]:
    return {
        "bm25": "coalesce(-(l.weights <#> (SELECT weights FROM question)), 0)",
        "perfect": "p.idf",
        "exact": f"{sqltext.FEW_WORDS} OR {sqltext.EXACT}" if _narrowed(query) else sqltext.EXACT,
    }


def _dense_part(query: Query) -> str:
    """The nearest vectors: exactly in small scopes, of whatever size the datasets are; else by the index."""
    dimension = len(query.vector) if query.vector is not None else 0
    names = {
        "distance": "v.embedding <#> (SELECT vector FROM wanted)",
        "indexed": f"v.embedding::halfvec({dimension}) <#> (SELECT vector FROM wanted)",  # noqa: S608 -- a number
        "kb": sqltext.OF_DATASETS.format(row="v"),
        "visible": sqltext.VISIBLE.format(space=int(query.space_id or 0)),
        "space": int(query.space_id or 0),
        "documents": _in_scope(query, "v"),
        "few": sqltext.FEW,
    }
    if _all_compared(query):
        ways = [sqltext.ALL.format(only="", **names)]
    elif _narrowed(query):
        ways = [sqltext.OF_FEW.format(**names), sqltext.NEAREST.format(unless=f" AND NOT {sqltext.FEW}", **names)]
    else:
        beside = _few_beside(query)
        ways = [
            sqltext.ALL.format(only=f" AND {beside}", **names),
            sqltext.NEAREST.format(unless=f" AND NOT {beside}", **names),
        ]
    return sqltext.DENSE_PART.format(dimension=dimension, ways=" UNION ALL ".join(ways))


def _near(query: Query) -> str:
    """Whether every vector in scope is compared."""
    if _all_compared(query):
        return "true"
    return sqltext.FEW if _narrowed(query) else _few_beside(query)


def _few_beside(query: Query) -> str:
    return sqltext.FEW_BESIDE.format(worth=WORTH, space=int(query.space_id or 0))


def _hit(row: Sequence[Any]) -> Hit:
    chunk_id, document_id, name, kb_id, content, keywords, questions, positions, kind, pagerank, *scores = row
    bm25, perfect, cosine, place, tag_weights, tags = scores
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
        place=place,
        tag_weights=json.loads(tag_weights),
        tags=tags,
    )
