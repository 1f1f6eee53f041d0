"""Narrow search rows of chunks, kept apart from their text so that a scan reads little; and statistics of terms.

They follow the chunks by statement-level triggers with transition tables, whatever path a write takes (bulk, admin,
raw SQL): index rows leave with their chunk and share its availability; document frequencies follow the lexical rows.
A foreign key with ON DELETE CASCADE would run one DELETE, and so one statistics row, for every chunk.
"""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from pgvector.django import HalfVectorField, SparseVectorField

from knowledgebases.models.chunk import Chunk
from knowledgebases.models.knowledgebase import EmbeddingSpace, Knowledgebase
from system.models.triggers import after_statement


class IndexRow(models.Model):
    """What both index tables share: the columns that searches filter by."""

    kb_id = models.CharField(max_length=32)
    document_id = models.CharField(max_length=32)
    available = models.BooleanField(default=True)

    class Meta:
        abstract = True


class DenseRow(IndexRow):
    """The embedding of a chunk, L2-normalised; an HNSW index is partial on its space (expression `::halfvec(dim)`).

    Each chunk has a row in the space that its dataset serves, and may have rows in others: those that a reindex builds,
    or keeps to go back to. Such a row is of the chunk's present text, or is not there.
    """

    pk = models.CompositePrimaryKey("chunk_id", "space_id")
    chunk = models.ForeignKey(Chunk, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="denserows")
    space = models.ForeignKey(EmbeddingSpace, models.PROTECT, related_name="+", db_index=False)
    embedding = HalfVectorField()

    class Meta:
        db_table = "rag_chunk_dense"
        indexes = [models.Index(fields=["kb_id", "space", "document_id"], name="dense_row_place")]


# New terms of the statement's rows count +1, old ones -1; one delta row per dataset and statement, none for no change.
# Its terms are in order: searches find theirs by halving (`lexical.statistics`).
_COUNT_TERMS = """
    INSERT INTO rag_term_delta (kb_id, terms, dfs, chunks, length)
    SELECT r.kb_id, coalesce(t.terms, '{{}}'), coalesce(t.dfs, '{{}}'), r.chunks, r.length
    FROM (SELECT kb_id, sum(n) AS chunks, sum(n * length) AS length FROM ({rows}) changed GROUP BY kb_id) r
    LEFT JOIN (
          SELECT kb_id, array_agg(term ORDER BY term) AS terms, array_agg(df ORDER BY term) AS dfs
          FROM (SELECT kb_id, term, sum(n)::int AS df
                FROM ({rows}) changed, unnest(terms) AS term
                GROUP BY kb_id, term HAVING sum(n) <> 0) counted
          GROUP BY kb_id) t USING (kb_id)
    WHERE t.terms IS NOT NULL OR r.chunks <> 0 OR r.length <> 0;
    PERFORM rag_fold_terms(kb_id) FROM (SELECT DISTINCT kb_id FROM ({rows}) changed) touched;
    RETURN NULL;
"""
_NEW = "SELECT kb_id, terms, length, 1 AS n FROM new_rows"
_OLD = "SELECT kb_id, terms, length, -1 AS n FROM old_rows"
# EXCEPT, not a join: a plan that was made for few rows, and kept by the session, would join many in quadratic time.
_TERMS = "SELECT chunk_id, kb_id, terms, length FROM"
_CHANGED = f"""
    SELECT kb_id, terms, length, 1 AS n FROM ({_TERMS} new_rows EXCEPT {_TERMS} old_rows) came
    UNION ALL
    SELECT kb_id, terms, length, -1 FROM ({_TERMS} old_rows EXCEPT {_TERMS} new_rows) went
"""  # noqa: S608 -- constants


# Whatever is written of a lexical row, its words may have changed, though they look the same in this language.
_OUTDATE = """
    DELETE FROM rag_chunk_reweighed r USING {rows} changed WHERE r.chunk_id = changed.chunk_id;
    RETURN NULL;
"""


class LexicalRow(IndexRow):
    """The terms of a chunk: hashed with the dataset as salt to find it, weighted (BM25 tf part) to score it."""

    chunk = models.OneToOneField(
        Chunk, models.DO_NOTHING, primary_key=True, db_constraint=False, related_name="lexicalrow"
    )
    length = models.PositiveIntegerField(help_text="Weighted number of terms.")
    terms = ArrayField(models.IntegerField())
    weights = SparseVectorField()

    class Meta:
        db_table = "rag_chunk_lexical"
        indexes = [GinIndex(fields=["terms"], name="lexical_row_terms", fastupdate=True)]
        triggers = [
            after_statement("terms_inserted", pgtrigger.Insert, _COUNT_TERMS.format(rows=_NEW)),
            after_statement("terms_deleted", pgtrigger.Delete, _COUNT_TERMS.format(rows=_OLD)),
            after_statement("terms_updated", pgtrigger.Update, _COUNT_TERMS.format(rows=_CHANGED)),
            after_statement("outdate_updated", pgtrigger.Update, _OUTDATE.format(rows="new_rows")),
            after_statement("outdate_deleted", pgtrigger.Delete, _OUTDATE.format(rows="old_rows")),
        ]


class ReweighedRow(models.Model):
    """What is to be the lexical row of a chunk when its dataset is searched in another language.

    It is made from what the chunk's lexical row was made from, or is not there.
    """

    chunk = models.OneToOneField(
        Chunk, models.DO_NOTHING, primary_key=True, db_constraint=False, related_name="reweighedrow"
    )
    kb_id = models.CharField(max_length=32)
    length = models.PositiveIntegerField()
    terms = ArrayField(models.IntegerField())
    weights = SparseVectorField()

    class Meta:
        db_table = "rag_chunk_reweighed"
        indexes = [models.Index(fields=["kb_id"], name="reweighed_row_kb")]


class TermDelta(models.Model):
    """What one statement changed of a dataset's statistics; folded into the tables below when more than 32 wait."""

    kb_id = models.CharField(max_length=32)
    terms = ArrayField(models.IntegerField())
    dfs = ArrayField(models.IntegerField(), help_text="Change of the number of chunks with each of `terms`.")
    chunks = models.IntegerField()
    length = models.BigIntegerField()

    class Meta:
        db_table = "rag_term_delta"
        indexes = [models.Index(fields=["kb_id"], name="term_delta_kb")]


class TermFrequency(models.Model):
    """How many chunks of a dataset hold a term."""

    pk = models.CompositePrimaryKey("kb_id", "term")
    kb_id = models.CharField(max_length=32)
    term = models.IntegerField()
    df = models.IntegerField()

    class Meta:
        db_table = "rag_term_frequency"


class LexicalTotal(models.Model):
    """How many chunks a dataset's lexical index holds, and their length in terms."""

    kb_id = models.CharField(max_length=32, primary_key=True)
    chunks = models.IntegerField()
    length = models.BigIntegerField()

    class Meta:
        db_table = "rag_lexical_total"


pgtrigger.register(
    after_statement(
        "unindex_deleted",
        pgtrigger.Delete,
        """
            DELETE FROM rag_chunk_lexical USING old_rows WHERE chunk_id = old_rows.id;
            DELETE FROM rag_chunk_dense USING old_rows WHERE chunk_id = old_rows.id;
            RETURN NULL;
        """,
    ),
    after_statement(
        "index_availability",
        pgtrigger.Update,
        """
            IF EXISTS (SELECT id, available FROM new_rows EXCEPT SELECT id, available FROM old_rows) THEN
                UPDATE rag_chunk_lexical l SET available = n.available
                FROM new_rows n WHERE l.chunk_id = n.id AND l.available <> n.available;
                UPDATE rag_chunk_dense d SET available = n.available
                FROM new_rows n WHERE d.chunk_id = n.id AND d.available <> n.available;
            END IF;
            RETURN NULL;
        """,
    ),
    # Vectors of the space that is served are written by whoever changes the text; those of others, which somebody is
    # just building or keeps to go back to, have to be made anew.
    after_statement(
        "outdate_vectors",
        pgtrigger.Update,
        """
            IF EXISTS (SELECT id, digest FROM new_rows EXCEPT SELECT id, digest FROM old_rows) THEN
                DELETE FROM rag_chunk_dense v
                USING (SELECT id, kb_id, digest FROM new_rows EXCEPT SELECT id, kb_id, digest FROM old_rows) n,
                      rag_knowledgebase k
                WHERE v.chunk_id = n.id AND k.id = n.kb_id AND v.space_id <> k.space_id;
            END IF;
            RETURN NULL;
        """,
    ),
)(Chunk)

pgtrigger.register(
    after_statement(
        "forget_statistics",
        pgtrigger.Delete,
        """
            DELETE FROM rag_term_delta USING old_rows WHERE kb_id = old_rows.id;
            DELETE FROM rag_term_frequency USING old_rows WHERE kb_id = old_rows.id;
            DELETE FROM rag_lexical_total USING old_rows WHERE kb_id = old_rows.id;
            RETURN NULL;
        """,
    )
)(Knowledgebase)
