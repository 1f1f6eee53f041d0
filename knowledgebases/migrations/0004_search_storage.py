"""Storage of the search rows, and the function that folds what statements changed into a dataset's statistics."""

from django.db import migrations

# Vectors stay in their row, uncompressed: a scan must not fetch them one by one from the TOAST table. EXTERNAL, the
# type's default, moves them out from about 1,000 dimensions on; PLAIN would refuse rows above 8 kB, which long chunks
# (16,000 terms) and large models (4,096 dimensions) reach; MAIN moves out only those.
STORAGE = """
ALTER TABLE rag_chunk_dense ALTER COLUMN embedding SET STORAGE MAIN;
ALTER TABLE rag_chunk_lexical ALTER COLUMN weights SET STORAGE MAIN;
ALTER TABLE rag_term_delta SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
"""
DEFAULT_STORAGE = """
ALTER TABLE rag_term_delta RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold);
ALTER TABLE rag_chunk_lexical ALTER COLUMN weights SET STORAGE EXTERNAL;
ALTER TABLE rag_chunk_dense ALTER COLUMN embedding SET STORAGE EXTERNAL;
"""

# Called by the triggers of rag_chunk_lexical. Writers only append deltas and so never wait for each other; whoever
# finds more than 32 waiting (or 128 kB of terms: searches read them from end to end) folds them, unless somebody already does. Rows of the two folded tables are written under
# the advisory lock alone, which is held to the end of the transaction: they cannot be part of a deadlock.
FOLD = """
CREATE FUNCTION rag_fold_terms(dataset varchar) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(*) <= 32 AND coalesce(sum(pg_column_size(terms)), 0) <= 131072
        FROM rag_term_delta WHERE kb_id = dataset)
       OR NOT pg_try_advisory_xact_lock(hashtextextended('rag_fold_terms:' || dataset, 0)) THEN
        RETURN;
    END IF;
    WITH folded AS (DELETE FROM rag_term_delta WHERE kb_id = dataset RETURNING *),
    total AS (
        INSERT INTO rag_lexical_total AS t (kb_id, chunks, length)
        SELECT dataset, sum(chunks), sum(length) FROM folded HAVING count(*) > 0
        ON CONFLICT (kb_id) DO UPDATE SET chunks = t.chunks + excluded.chunks, length = t.length + excluded.length)
    MERGE INTO rag_term_frequency f
    USING (SELECT u.term, sum(u.df)::int AS df FROM folded, unnest(terms, dfs) AS u(term, df)
           GROUP BY u.term HAVING sum(u.df) <> 0 ORDER BY u.term) c
    ON f.kb_id = dataset AND f.term = c.term
    WHEN MATCHED AND f.df + c.df <= 0 THEN DELETE
    WHEN MATCHED THEN UPDATE SET df = f.df + c.df
    WHEN NOT MATCHED THEN INSERT (kb_id, term, df) VALUES (dataset, c.term, c.df);
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("knowledgebases", "0003_search_statistics")]

    operations = [
        migrations.RunSQL(STORAGE, DEFAULT_STORAGE),
        migrations.RunSQL(FOLD, "DROP FUNCTION rag_fold_terms(varchar)"),
    ]
