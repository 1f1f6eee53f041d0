"""Document frequencies and lengths, which triggers keep, against the lexical rows that they are of."""

from collections.abc import Iterator

from django.db import connection

from documents.consistency.base import Finding, Scope, execute, rows
from system.transactions import retried

_TABLES = ("rag_term_delta", "rag_term_frequency", "rag_lexical_total")
# By the chunks of the dataset: the lexical rows have no index of their dataset.
_CHANGES = """
    owned AS (SELECT l.terms, l.length FROM rag_chunk c JOIN rag_chunk_lexical l ON l.chunk_id = c.id
              WHERE c.kb_id = %(kb)s),
    there AS (SELECT unnest(terms) AS term, count(*) AS df FROM owned GROUP BY 1),
    known AS (SELECT term, sum(df) AS df
              FROM (SELECT term, df FROM rag_term_frequency WHERE kb_id = %(kb)s
                    UNION ALL SELECT unnest(terms), unnest(dfs) FROM rag_term_delta WHERE kb_id = %(kb)s) counted
              GROUP BY term),
    terms AS (SELECT term, coalesce(there.df, 0) - coalesce(known.df, 0) AS df FROM there FULL JOIN known USING (term)
              WHERE coalesce(there.df, 0) <> coalesce(known.df, 0)),
    total AS (SELECT (SELECT count(*) FROM owned) - coalesce(sum(chunks), 0) AS chunks,
                     (SELECT coalesce(sum(length), 0) FROM owned) - coalesce(sum(length), 0) AS length
              FROM (SELECT chunks, length FROM rag_lexical_total WHERE kb_id = %(kb)s
                    UNION ALL SELECT chunks, length FROM rag_term_delta WHERE kb_id = %(kb)s) counted)"""
_FIND = f"WITH {_CHANGES} SELECT (SELECT count(*) FROM terms), chunks, length FROM total"  # noqa: S608 -- constants
# The difference as one more change, to be folded like those of the triggers: one statement sees rows and statistics at
# one time, so what others write meanwhile is neither lost nor counted twice.
_MEND = f"""
    WITH {_CHANGES}
    INSERT INTO rag_term_delta (kb_id, terms, dfs, chunks, length)
    SELECT %(kb)s, coalesce((SELECT array_agg(term ORDER BY term) FROM terms), '{{}}'),
           coalesce((SELECT array_agg(df::int ORDER BY term) FROM terms), '{{}}'), chunks, length
    FROM total WHERE chunks <> 0 OR length <> 0 OR EXISTS (SELECT FROM terms)
"""  # noqa: S608 -- constants
_LEFT = f"""
    SELECT DISTINCT kb_id FROM ({" UNION ALL ".join(f"SELECT kb_id FROM {table}" for table in _TABLES)}) s
    WHERE NOT EXISTS (SELECT FROM rag_knowledgebase k WHERE k.id = s.kb_id)
      AND (%(kb)s::text IS NULL OR s.kb_id = %(kb)s)
"""  # noqa: S608 -- constants


class LexicalStatistics:
    """How many chunks of a dataset hold a term, and how long they are."""

    name = "lexical-statistics"
    meaning = "Searches by words weigh them by numbers that are not true."

    def find(self, scope: Scope) -> Iterator[Finding]:
        """Datasets whose statistics differ, and those that are gone and have some."""
        for (kb_id,) in rows("SELECT id FROM rag_knowledgebase WHERE %(kb)s::text IS NULL OR id = %(kb)s", _kb(scope)):
            with connection.cursor() as cursor:
                cursor.execute(_FIND, {"kb": kb_id})
                terms, chunks, length = cursor.fetchone()
            if terms or chunks or length:
                yield Finding(kb_id, kb_id, f"off by {terms} terms, {chunks} chunks and {length} of their length")
        for (kb_id,) in rows(_LEFT, _kb(scope)):
            yield Finding(kb_id, kb_id, "statistics of a dataset that is gone")

    @retried
    def repair(self, finding: Finding) -> str:
        """Add what is missing, as one more change; forget what is of a dataset that is gone."""
        # One repairer at a time, or the difference would be added twice.
        execute("SELECT pg_advisory_xact_lock(hashtextextended('fsck:' || %(kb)s, 0))", {"kb": finding.key})
        gone = sum(
            execute(
                f"DELETE FROM {table} s WHERE kb_id = %(kb)s"  # noqa: S608 -- constants
                " AND NOT EXISTS (SELECT FROM rag_knowledgebase k WHERE k.id = s.kb_id)",
                {"kb": finding.key},
            )
            for table in _TABLES
        )
        if gone:
            return f"{gone} rows deleted"
        return "set right" if execute(_MEND, {"kb": finding.key}) else ""


def _kb(scope: Scope) -> dict[str, str | None]:
    return {"kb": scope.kb_id}
