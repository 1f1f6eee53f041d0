"""What must be true of the database, whatever was killed: always, and once nothing is left to do.

In plain SQL over a DB-API cursor, so that tests of this process and of a site in other processes can use it, and
apart from the product's own checks (`documents.consistency`), so that neither hides a mistake of the other. All rules
of a set are one statement: one snapshot, whatever is going on meanwhile.
"""

_TASKS = """
    SELECT document_id, gen, bool_or(state IN ('queued', 'paused', 'running')) AS open,
           bool_or(state = 'failed') AS failed, bool_or(state = 'canceled') AS canceled,
           bool_and(state = 'done') AS done
    FROM rag_task GROUP BY document_id, gen"""
_NEEDED = """
    SELECT blob_id, id FROM rag_document WHERE deleted_at IS NULL AND blob_id IS NOT NULL
    UNION ALL SELECT thumbnail_blob_id, id FROM rag_document WHERE deleted_at IS NULL AND thumbnail_blob_id IS NOT NULL
    UNION ALL SELECT blob_id, id FROM rag_file WHERE blob_id IS NOT NULL"""

ALWAYS = {
    "counters of a document differ from its chunks": """
        SELECT d.id FROM rag_document d
        LEFT JOIN (SELECT document_id, count(*) AS n, sum(tokens) AS t FROM rag_chunk GROUP BY 1) c
               ON c.document_id = d.id
        WHERE (d.chunk_num, d.token_num) <> (coalesce(c.n, 0), coalesce(c.t, 0))""",
    "counters of a dataset differ from its documents": """
        SELECT k.id FROM rag_knowledgebase k
        LEFT JOIN (SELECT kb_id, count(*) AS n, sum(chunk_num) AS c, sum(token_num) AS t, sum(size) AS b,
                          count(*) FILTER (WHERE run = '1') AS q, sum(size) FILTER (WHERE run = '1') AS qb
                   FROM rag_document WHERE deleted_at IS NULL GROUP BY 1) d ON d.kb_id = k.id
        WHERE (k.doc_num, k.chunk_num, k.token_num, k.byte_num, k.queued_num, k.queued_bytes)
           <> (coalesce(d.n, 0), coalesce(d.c, 0), coalesce(d.t, 0), coalesce(d.b, 0), coalesce(d.q, 0),
               coalesce(d.qb, 0))""",
    "a chunk of a deleted document": """
        SELECT c.id FROM rag_chunk c JOIN rag_document d ON d.id = c.document_id WHERE d.deleted_at IS NOT NULL""",
    "a chunk of a generation that is not published": """
        SELECT c.id FROM rag_chunk c JOIN rag_document d ON d.id = c.document_id
        WHERE NOT c.by_hand AND c.gen <> d.published_gen""",
    "two passages at one place of a document": """
        SELECT document_id FROM rag_chunk WHERE NOT by_hand GROUP BY document_id, part, seq HAVING count(*) > 1""",
    "a chunk in another dataset than its document": """
        SELECT c.id FROM rag_chunk c JOIN rag_document d ON d.id = c.document_id WHERE c.kb_id <> d.kb_id""",
    **{
        f"a chunk without its row in {table}, or with a wrong one": f"""
        SELECT coalesce(c.id, i.chunk_id) FROM rag_chunk c FULL JOIN {table} i ON i.chunk_id = c.id
        WHERE (c.document_id, c.kb_id, c.available) IS DISTINCT FROM (i.document_id, i.kb_id, i.available)"""
        for table in ("rag_chunk_lexical", "rag_chunk_dense")
    },
    "a chunk without its vector in the space of its dataset": """
        SELECT c.id FROM rag_chunk c JOIN rag_knowledgebase k ON k.id = c.kb_id
        LEFT JOIN rag_chunk_dense v ON v.chunk_id = c.id AND v.space_id = k.space_id WHERE v.chunk_id IS NULL""",
    "vectors of another space than that of their dataset, and of no reindex": """
        SELECT v.chunk_id FROM rag_chunk_dense v JOIN rag_knowledgebase k ON k.id = v.kb_id
        WHERE v.space_id IS DISTINCT FROM k.space_id AND NOT EXISTS (
            SELECT FROM rag_reindex r WHERE r.kb_id = k.id AND NOT r.cleared
            AND v.space_id IN (r.space_id, r.former_space_id))""",
    "document frequencies differ from the lexical rows": """
        SELECT coalesce(r.kb_id, s.kb_id) || '/' || coalesce(r.term, s.term)
        FROM (SELECT kb_id, unnest(terms) AS term, count(*) AS df FROM rag_chunk_lexical GROUP BY 1, 2) r
        FULL JOIN (SELECT kb_id, term, sum(df) AS df
                   FROM (SELECT kb_id, term, df FROM rag_term_frequency
                         UNION ALL SELECT kb_id, unnest(terms), unnest(dfs) FROM rag_term_delta) counted
                   GROUP BY 1, 2 HAVING sum(df) <> 0) s USING (kb_id, term)
        WHERE r.df IS DISTINCT FROM s.df""",
    "lexical totals differ from the lexical rows": """
        SELECT coalesce(r.kb_id, s.kb_id)
        FROM (SELECT kb_id, count(*) AS n, sum(length) AS length FROM rag_chunk_lexical GROUP BY 1) r
        FULL JOIN (SELECT kb_id, sum(chunks) AS n, sum(length) AS length
                   FROM (SELECT kb_id, chunks, length FROM rag_lexical_total
                         UNION ALL SELECT kb_id, chunks, length FROM rag_term_delta) counted
                   GROUP BY 1 HAVING sum(chunks) <> 0 OR sum(length) <> 0) s USING (kb_id)
        WHERE (r.n, r.length) IS DISTINCT FROM (s.n, s.length)""",
    "run or progress of a document do not follow from its tasks": f"""
        SELECT d.id || ' run ' || d.run || ' progress ' || d.progress
        FROM rag_document d JOIN rag_knowledgebase k ON k.id = d.kb_id AND k.deleted_at IS NULL
        LEFT JOIN ({_TASKS}) t ON t.document_id = d.id AND t.gen = d.gen
        WHERE d.deleted_at IS NULL AND NOT CASE
            WHEN coalesce(t.open, false) THEN d.run = '1' AND d.progress > 0 AND d.progress < 1
            WHEN d.run = '0' THEN d.progress = 0 AND d.published_gen = 0
            WHEN d.run = '2' THEN d.progress = 0 AND coalesce(t.canceled OR t.failed, true)
            WHEN d.run = '3' THEN d.progress = 1 AND d.published_gen = d.gen AND coalesce(t.done, true)
            WHEN d.run = '4' THEN d.progress = -1 AND coalesce(t.failed, true)
            ELSE false END""",
    "an open task of a deleted document, or of a generation that was given up": """
        SELECT t.id FROM rag_task t JOIN rag_document d ON d.id = t.document_id
        WHERE t.state IN ('queued', 'paused', 'running') AND (d.deleted_at IS NOT NULL OR t.gen <> d.gen)""",
    "a running task without lease, fence or owner, or a lease on one that does not run": """
        SELECT id FROM rag_task
        WHERE CASE state WHEN 'running' THEN lease_until IS NULL OR fence = 0 OR owner = ''
              ELSE lease_until IS NOT NULL END""",
    "staged pieces of a document that nobody works on": """
        SELECT s.id FROM rag_stage s JOIN rag_task t ON t.id = s.task_id JOIN rag_document d ON d.id = t.document_id
        WHERE d.deleted_at IS NOT NULL OR d.run NOT IN ('1', '4')""",
    "bytes that are needed are not live": f"""
        SELECT n.id FROM ({_NEEDED}) n JOIN rag_blob b ON b.id = n.blob_id WHERE b.state NOT IN ('live', 'lost')""",
}

SETTLED = {
    "a task is still to be done": "SELECT id FROM rag_task WHERE state IN ('queued', 'running')",
    "a task is held back though its dataset is not": """
        SELECT t.id FROM rag_task t JOIN rag_knowledgebase k ON k.id = t.kb_id
        WHERE t.state = 'paused' AND k.paused_at IS NULL""",
    "a deleted document is left": "SELECT id FROM rag_document WHERE deleted_at IS NOT NULL",
    "a deleted dataset is left": "SELECT id FROM rag_knowledgebase WHERE deleted_at IS NOT NULL",
    "bytes that nobody needs are left": f"""
        SELECT b.id || ' ' || b.state FROM rag_blob b LEFT JOIN ({_NEEDED}) n ON n.blob_id = b.id
        WHERE n.blob_id IS NULL OR b.state NOT IN ('live', 'lost')""",
    "a file of a document that is gone": """
        SELECT f.id FROM rag_file f LEFT JOIN rag_document d ON d.file_id = f.id
        WHERE f.source_type = 'knowledgebase' AND f.type <> 'folder' AND d.id IS NULL""",
    "room is held for an upload that has ended": "SELECT id FROM rag_reservation WHERE until < statement_timestamp()",
    "statistics of a dataset that is gone": """
        SELECT s.kb_id FROM (SELECT kb_id FROM rag_term_frequency UNION SELECT kb_id FROM rag_term_delta
                             UNION SELECT kb_id FROM rag_lexical_total) s
        LEFT JOIN rag_knowledgebase k ON k.id = s.kb_id WHERE k.id IS NULL""",
}

_PUBLISHED = """
    SELECT c.part, c.seq, c.content, c.kind, c.headings, c.positions::text, c.spans::text, c.tokens, c.digest, l.length,
           cardinality(l.terms), v.embedding::text
    FROM rag_chunk c JOIN rag_knowledgebase k ON k.id = c.kb_id JOIN rag_chunk_lexical l ON l.chunk_id = c.id
    JOIN rag_chunk_dense v ON v.chunk_id = c.id AND v.space_id = k.space_id
    WHERE c.document_id = %s AND NOT c.by_hand ORDER BY c.part, c.seq, c.id"""


def broken(cursor, rules=ALWAYS):
    """The rules that do not hold just now, each with up to five rows that break it; empty: all is well."""
    statement = "\nUNION ALL ".join(
        f"(SELECT '{name}', string_agg(key, ', ') FROM (SELECT key::text FROM ({rule}) found(key) LIMIT 5) few"
        " HAVING count(*) > 0)"
        for name, rule in rules.items()
    )
    cursor.execute(statement)
    return [f"{name}: {keys}" for name, keys in cursor.fetchall()]


def unsettled(cursor, stored=None):
    """The same when no process is at work and the sweeper has swept; `stored` are the keys found in storage."""
    found = broken(cursor, {**ALWAYS, **SETTLED})
    if stored is not None:
        cursor.execute("SELECT key FROM rag_blob WHERE state <> 'lost'")
        known = {key for (key,) in cursor.fetchall()}
        found += [f"bytes without a row: {key}" for key in sorted(set(stored) - known)]
        found += [f"a row without bytes: {key}" for key in sorted(known - set(stored))]
    return found


def published(cursor, document_id):
    """What is published of a document, in its order; the vector last, as text.

    Equal for two runs over the same bytes with the same settings, but for the last digits of the vectors. What holds
    the ids of document or dataset is left out.
    """
    cursor.execute(_PUBLISHED, [document_id])
    return cursor.fetchall()
