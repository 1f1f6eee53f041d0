"""Document frequencies and lengths of datasets: what triggers keep (`models.index`), read exactly.

What counts: every indexed chunk, available or not, and those of disabled documents. Both are states that are switched
back and forth; a document frequency that is some per cent off costs a hundredth of nDCG at most (retrieval.md §2),
counting would cost a write for every term. Chunks of deleted documents are gone, and so are their counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

# One statement, one snapshot: a fold that commits meanwhile is seen whole or not at all. Deltas are few: about 32, or
# 32,000 terms in all. `||` unpacks each array once instead of for every term; their terms are in order, so that
# width_bucket finds one without reading them all: together a fifth of the time of array_position.
FREQUENCIES = """
    WITH deltas AS MATERIALIZED (
        SELECT kb_id, terms || ARRAY[]::int[] AS terms, dfs || ARRAY[]::int[] AS dfs FROM rag_term_delta
        WHERE kb_id IN (SELECT kb_id FROM asked))
    SELECT kb_id, term, sum(df)::int AS df FROM (
        SELECT a.kb_id, a.term, f.df FROM asked a JOIN rag_term_frequency f ON f.kb_id = a.kb_id AND f.term = a.term
        UNION ALL
        SELECT a.kb_id, a.term, d.dfs[width_bucket(a.term, d.terms)]
        FROM deltas d JOIN asked a ON a.kb_id = d.kb_id AND d.terms[width_bucket(a.term, d.terms)] = a.term) counted
    GROUP BY kb_id, term
"""
TOTALS = """
    SELECT kb_id, sum(chunks)::bigint AS chunks, sum(length)::bigint AS length FROM (
        SELECT kb_id, chunks, length FROM rag_lexical_total WHERE kb_id = ANY(%(kb_ids)s)
        UNION ALL
        SELECT kb_id, chunks, length FROM rag_term_delta WHERE kb_id = ANY(%(kb_ids)s)) counted
    GROUP BY kb_id
"""


@dataclass(frozen=True, slots=True)
class Totals:
    """Number of indexed chunks, and the sum of their lengths in weighted terms."""

    chunks: int = 0
    length: int = 0


def totals(kb_id: str) -> Totals:
    """Totals of one dataset."""
    with connection.cursor() as cursor:
        cursor.execute(TOTALS, {"kb_ids": [kb_id]})
        row = cursor.fetchone()
    return Totals(chunks=row[1], length=row[2]) if row else Totals()


def frequencies(kb_id: str, hashes: Sequence[int]) -> dict[int, int]:
    """In how many chunks of a dataset each of some terms (`tokenizer.salted`) occurs; those in none are left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH asked AS (SELECT %s AS kb_id, unnest(%s::int[]) AS term), counts AS ({FREQUENCIES}) TABLE counts",
            [kb_id, list(dict.fromkeys(hashes))],
        )
        return {term: df for _, term, df in cursor.fetchall() if df}


def settle() -> None:
    """Merge freshly indexed terms into the main index: worth calling when a run of publishing ends.

    Searches read the pending list from end to end, so a long one slows them down; writes stay fast by it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT gin_clean_pending_list('lexical_row_terms')")
