"""Many chunks soon: those of a dataset once more, with ids and vectors of their own, by SQL alone."""

from django.db import connection, transaction

from knowledgebases.lexical import rows
from knowledgebases.models import Knowledgebase

# A vector is that of its original, moved by half of what two other chunks differ in: no two are alike, and they lie in
# clusters as the originals do. Ids end in the place of a chunk in its dataset.
_STATEMENTS = (
    """
    CREATE TEMPORARY TABLE copied ON COMMIT DROP AS
    SELECT c.id, c.document_id, left(c.id, 8) || lpad(to_hex(%(first)s + n), 8, '0') AS new_id,
           md5(c.document_id || %(first)s) AS new_document_id, n
    FROM (SELECT id, document_id, row_number() OVER (ORDER BY id) - 1 AS n
          FROM rag_chunk WHERE kb_id = %(kb)s ORDER BY id LIMIT %(count)s) c
    """,
    """
    INSERT INTO rag_document SELECT r.* FROM (SELECT DISTINCT document_id, new_document_id FROM copied) k
    JOIN rag_document d ON d.id = k.document_id
    CROSS JOIN LATERAL jsonb_populate_record(d, jsonb_build_object(
      'id', k.new_document_id, 'name', k.new_document_id, 'chunk_num', 0)) r
    """,
    """
    INSERT INTO rag_chunk SELECT r.* FROM copied k JOIN rag_chunk c ON c.id = k.id
    CROSS JOIN LATERAL jsonb_populate_record(
      c, jsonb_build_object('id', k.new_id, 'document_id', k.new_document_id)) r
    """,
    """
    INSERT INTO rag_chunk_lexical (chunk_id, document_id, kb_id, available, length, terms, weights)
    SELECT k.new_id, k.new_document_id, l.kb_id, l.available, l.length, l.terms, l.weights
    FROM copied k JOIN rag_chunk_lexical l ON l.chunk_id = k.id
    """,
    """
    INSERT INTO rag_chunk_dense (chunk_id, document_id, space_id, kb_id, available, embedding)
    SELECT k.new_id, k.new_document_id, v.space_id, v.kb_id, v.available,
           l2_normalize(v.embedding + v.embedding + w.embedding - x.embedding)
    FROM copied k JOIN rag_chunk_dense v ON v.chunk_id = k.id
    JOIN copied o ON o.n = (k.n * 7919 + %(nth)s * 1009) %% %(count)s JOIN rag_chunk_dense w ON w.chunk_id = o.id
    JOIN copied p ON p.n = (k.n * 6101 + %(nth)s * 2003 + 1) %% %(count)s JOIN rag_chunk_dense x ON x.chunk_id = p.id
    """,
)


def copy(kb: Knowledgebase, count: int, nth: int) -> None:
    """The first `count` chunks of `kb` for the `nth` time, from 1 on, in the places behind the copies before."""
    given = {"kb": kb.pk, "count": count, "first": nth * count, "nth": nth}
    with transaction.atomic(), connection.cursor() as cursor, rows.in_bulk():
        cursor.execute("SET LOCAL statement_timeout = 0")
        for statement in _STATEMENTS:
            cursor.execute(statement, given)
