"""Makes chunks searchable: writes their index rows in the caller's transaction.

Index rows leave with their chunk and follow its availability by trigger (`models.index`), so there is no remove here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from django.conf import settings
from django.db import connection
from django.db.models import Max, Q, Sum
from pgvector import HalfVector

from knowledgebases.embedders.base import Embedder
from knowledgebases.lexical import rows
from knowledgebases.lexical.weighing import Weighted
from knowledgebases.models import Chunk, DenseRow, EmbeddingSpace, Knowledgebase, LexicalRow
from system.errors import Misconfigured

BATCH = 1000  # rows of one INSERT
MANY = 10
INDEXABLE = 4000  # dimensions of a half vector that pgvector's HNSW takes

# Of a graph of a million, recall@10 was .81 with 64 (pgvector's default) and .88 with 128, each with an ef_search of
# 200; to build it takes half to two thirds longer, to add to it a tenth.
EF_CONSTRUCTION = 128
NEIGHBOURS = 700  # bytes of a vector's place in the graph, beside the vector

# A graph that outgrows the memory of its build is finished on disk, ten times as slowly.
_ROOM = """
SELECT set_config('maintenance_work_mem', greatest(setting::bigint, %s)::text || 'kB', false)
FROM pg_settings WHERE name = 'maintenance_work_mem'
"""
_VALID = "SELECT indisvalid FROM pg_index JOIN pg_class ON oid = indexrelid WHERE relname = %s"
_STEADY = "SELECT pg_advisory_xact_lock_shared(hashtextextended('rag_space:' || %s, 0))"
_MOVING = "SELECT pg_advisory_xact_lock(hashtextextended('rag_space:' || %s, 0))"


@dataclass(frozen=True, slots=True)
class Entry:
    """A saved chunk to be searched."""

    chunk: Chunk
    embedding: npt.NDArray[np.float32]
    """Shape (dimension,), L2-normalised."""
    title: str = ""
    """Name of its document without suffix; empty for chunks that are not to be found by it."""


def space_of(embedder: Embedder) -> EmbeddingSpace:
    """The row of the space that `embedder`'s vectors are in."""
    known = {"model_id": embedder.model_id, "revision": embedder.revision, "dimension": embedder.dimension}
    found = EmbeddingSpace.objects.filter(**known).first()  # the floor of a remote model costs a call: asked for once
    return found or EmbeddingSpace.objects.get_or_create(**known, defaults={"floor": embedder.floor})[0]


def index_chunks(kb: Knowledgebase, entries: Sequence[Entry], *, space: EmbeddingSpace) -> None:
    """Index `entries`, chunks of `kb` that are saved already; entries indexed before are replaced.

    The first vectors decide the space of a dataset. Raises Misconfigured for vectors of another space.
    """
    if not entries:
        return
    enter(kb, space)
    index_terms(kb, {entry.chunk: entry.title for entry in entries})
    DenseRow.objects.bulk_create(
        [DenseRow(**_scope(entry.chunk), space=space, embedding=halfvec(entry.embedding, space)) for entry in entries],
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["chunk", "space"],
        update_fields=["kb_id", "document_id", "available", "embedding"],
    )


def index_terms(kb: Knowledgebase, titles: Mapping[Chunk, str]) -> None:
    """Index the words of saved chunks of `kb`, each with its document's title; also after a document was renamed."""
    if not titles:
        return
    steady(kb)
    weighted = {chunk: weigh(chunk, title, kb.language) for chunk, title in titles.items()}
    average = rows.average_with(kb.pk, weighted.values())
    LexicalRow.objects.bulk_create(
        [_lexical_row(chunk, item, average) for chunk, item in weighted.items()],
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["chunk"],
        update_fields=["kb_id", "document_id", "available", "length", "terms", "weights"],
    )


def weigh(chunk: Chunk, title: str, language: str) -> Weighted:
    """The terms of a chunk: of all that it is found by, its document's title among it."""
    return rows.Text(chunk.content, title, chunk.headings, chunk.important_keywords, chunk.questions).weigh(language)


def outgrown_spaces(size: int) -> Iterable[EmbeddingSpace]:
    """Spaces that want an approximate index: with a dataset of more than `size` chunks, or datasets of MANY times that.

    The latter may be searched together.
    """
    living = Knowledgebase.objects.live().exclude(space=None).values("space")
    large = living.annotate(largest=Max("chunk_num"), together=Sum("chunk_num")).filter(
        Q(largest__gt=size) | Q(together__gt=MANY * size)
    )
    return EmbeddingSpace.objects.filter(pk__in=large.values("space")).order_by("pk")


def _index_name(space: EmbeddingSpace) -> str:
    return f"dense_hnsw_{space.pk}"


def has_dense_index(space: EmbeddingSpace) -> bool:
    """Whether the HNSW index of `space` is there, and whole."""
    with connection.cursor() as cursor:
        cursor.execute(_VALID, [_index_name(space)])
        row = cursor.fetchone()
        return bool(row and row[0])


def drop_dense_index(space: EmbeddingSpace) -> bool:
    """Drop the HNSW index of `space` if it has no vectors any more; False where another process is at the index.

    Must not run inside a transaction.
    """
    name = _index_name(space)
    with _alone_at(name) as alone, connection.cursor() as cursor:
        if alone:
            cursor.execute(_VALID, [name])
            if cursor.fetchone() and not DenseRow.objects.filter(space=space).exists():
                cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        return alone


def ensure_dense_index(space: EmbeddingSpace) -> bool:
    """Build the HNSW index of `space` without blocking writers; False where there is nothing to do.

    That is where it is there, where another process builds it, and for vectors too long for it: those are compared one
    by one whatever their number.

    Must not run inside a transaction; may be called any number of times, by any process. What an interrupted build
    left behind is removed first.
    """
    if space.dimension > INDEXABLE:
        return False
    name = _index_name(space)
    with _alone_at(name) as alone, connection.cursor() as cursor:
        if not alone:
            return False
        cursor.execute(_VALID, [name])
        row = cursor.fetchone()
        if row and row[0]:
            return False
        try:
            cursor.execute("SET statement_timeout = 0")  # a build takes what it takes
            cursor.execute(_ROOM, [_graph_kilobytes(space)])
            if row:
                cursor.execute(f"DROP INDEX CONCURRENTLY {name}")
            cursor.execute(
                f"CREATE INDEX CONCURRENTLY {name} ON rag_chunk_dense "
                f"USING hnsw ((embedding::halfvec({int(space.dimension)})) halfvec_ip_ops) "
                f"WITH (m = 16, ef_construction = {EF_CONSTRUCTION}) WHERE space_id = {int(space.pk)}"
            )
            return True
        finally:
            cursor.execute("RESET maintenance_work_mem")
            cursor.execute("RESET statement_timeout")


@contextmanager
def _alone_at(index: str) -> Iterator[bool]:
    """Whether no other process builds or drops the index; if so, none begins to while the block runs."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [index])
        alone = bool(cursor.fetchone()[0])
        try:
            yield alone
        finally:
            if alone and connection.is_usable():  # else the lock is gone with the connection
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [index])


def _graph_kilobytes(space: EmbeddingSpace) -> int:
    """Memory that the graph of a space takes while it is built, as far as RAG_INDEX_MEMORY_MB allows."""
    wanted = DenseRow.objects.filter(space=space).count() * (2 * space.dimension + NEIGHBOURS) >> 10
    return min(wanted, settings.RAG_INDEX_MEMORY_MB << 10)


def steady(kb: Knowledgebase) -> None:
    """Keep a dataset in its space and language until the transaction ends, and read into `kb` which these are.

    For writers of search rows, before they lock the dataset's row (every chunk that comes or goes does). They do not
    wait for each other, only for the moment in which a dataset changes over to another space.
    """
    _lock(_STEADY, kb)
    # A statement of its own: it sees what the lock waited for.
    kb.refresh_from_db(fields=["space", "embd_id", "language"])


def moving(kb: Knowledgebase) -> None:
    """Keep everybody from writing search rows of a dataset until the transaction ends: it is about to change over."""
    _lock(_MOVING, kb)


def _lock(statement: str, kb: Knowledgebase) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [kb.pk])


def enter(kb: Knowledgebase, space: EmbeddingSpace) -> None:
    """Make `space` that of `kb`, if it has no vectors of another; raises Misconfigured if it has.

    It is still that when the transaction ends.
    """
    _lock(_STEADY, kb)
    current = Knowledgebase.objects.values_list("space", flat=True).get(pk=kb.pk)
    if current is None or (current != space.pk and not DenseRow.objects.filter(kb_id=kb.pk).exists()):
        # Only one of several first writers may win: the row lock of the winner decides.
        Knowledgebase.objects.filter(pk=kb.pk, space=current).update(space=space)
        current = Knowledgebase.objects.values_list("space", flat=True).get(pk=kb.pk)
    if current != space.pk:
        theirs = EmbeddingSpace.objects.get(pk=current)
        raise Misconfigured(
            f"Dataset `{kb.name}` is embedded with {theirs} revision {theirs.revision[:12]}, not with {space} revision "
            f"{space.revision[:12]}: their vectors cannot be compared. Choose the former model again, or reindex "
            "the dataset (`manage.py reindex`), or remove its chunks and parse its documents anew."
        )
    kb.space_id = space.pk


def _scope(chunk: Chunk) -> dict[str, Any]:
    return {
        "chunk": chunk,
        "kb_id": chunk.kb_id,
        "document_id": chunk.document_id,
        "available": chunk.available,
    }


def _lexical_row(chunk: Chunk, weighted: Weighted, average: float) -> LexicalRow:
    found = rows.columns(weighted, kb_id=chunk.kb_id, average=average)
    return LexicalRow(**_scope(chunk), length=found.length, terms=found.terms, weights=found.weights)


def halfvec(embedding: npt.NDArray[np.float32], space: EmbeddingSpace) -> HalfVector:
    """A vector of `space` as it is stored; raises Misconfigured for what is none."""
    if embedding.shape != (space.dimension,) or not np.isfinite(embedding).all():
        raise Misconfigured(
            f"Embedding model {space} answered a vector of shape {embedding.shape}, or with values that are not "
            f"numbers; {space.dimension} numbers were expected. Check the model's endpoint and its dimension."
        )
    return HalfVector(embedding)
