"""Index rows of chunks."""

from contextlib import closing

import numpy as np
import pytest
from django.db import OperationalError, connection

from knowledgebases import indexing
from knowledgebases.indexing import (
    Entry,
    drop_dense_index,
    ensure_dense_index,
    has_dense_index,
    index_chunks,
    index_terms,
    space_of,
)
from knowledgebases.lexical.tokenizer import salted
from knowledgebases.models import Chunk, DenseRow, EmbeddingSpace, LexicalRow
from system.errors import Misconfigured
from tests.factories import DocumentFactory
from tests.knowledgebases.conftest import EAST, NORTH, Compass


def test_a_space_is_made_once(db, compass):
    assert space_of(compass) == space_of(Compass())
    assert space_of(compass) != space_of(Compass(revision="2"))


def test_the_first_vectors_decide_the_space(kb, document, add, space):
    add(document, "east")

    kb.refresh_from_db()
    assert kb.space == space


def test_vectors_of_another_space_are_refused_with_a_cure(kb, document, add):
    (chunk,) = add(document, "east")

    with pytest.raises(Misconfigured, match="parse its documents anew"):
        index_chunks(kb, [Entry(chunk, EAST)], space=space_of(Compass(revision="2")))


def test_an_emptied_dataset_may_change_its_space(kb, document, add):
    add(document, "east")
    Chunk.objects.all().delete()
    (chunk,) = Chunk.objects.bulk_create([Chunk(id="1" * 16, document=document, kb=kb, content="north")])
    newer = space_of(Compass(revision="2"))

    index_chunks(kb, [Entry(chunk, NORTH)], space=newer)

    kb.refresh_from_db()
    assert kb.space == newer


@pytest.mark.parametrize(
    "vector",
    [np.ones(3, np.float32), np.ones((1, 4), np.float32), np.array([np.nan, 0, 0, 0], np.float32)],
    ids=["too short", "too deep", "not a number"],
)
def test_a_bad_vector_is_refused(kb, document, space, vector):
    (chunk,) = Chunk.objects.bulk_create([Chunk(id="1" * 16, document=document, kb=kb, content="north")])

    with pytest.raises(Misconfigured, match="4 numbers were expected"):
        index_chunks(kb, [Entry(chunk, vector)], space=space)


def test_indexing_again_replaces_both_rows(kb, document, add, space):
    (chunk,) = add(document, "east")
    chunk.content = "north"
    chunk.save()

    index_chunks(kb, [Entry(chunk, NORTH, "title")], space=space)

    lexical, dense = LexicalRow.objects.get(), DenseRow.objects.get()
    assert set(lexical.terms) == {salted("north", kb.pk), salted("titl", kb.pk)}
    assert list(dense.embedding) == [0, 1, 0, 0]


def test_terms_alone_can_be_indexed_again(kb, document, add):
    (chunk,) = add(document, "east", title="old")

    index_terms(kb, {chunk: "new"})

    assert set(LexicalRow.objects.get().terms) == {salted("east", kb.pk), salted("new", kb.pk)}


@pytest.mark.parametrize("available", [False, True])
def test_availability_reaches_both_rows(document, add, available):
    add(document, "east", "north")
    Chunk.objects.update(available=not available)

    Chunk.objects.filter(content="east").update(available=available)

    for rows in (LexicalRow.objects, DenseRow.objects):
        assert rows.get(chunk__content="east").available is available
        assert rows.get(chunk__content="north").available is not available


def test_a_chunk_that_is_added_unavailable_is_indexed_so(document, add):
    add(document, "east", available=False)

    assert not LexicalRow.objects.get().available
    assert not DenseRow.objects.get().available


def test_index_rows_leave_with_their_chunk(document, add):
    add(document, "east", "north")

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM rag_chunk WHERE content = 'east'")

    assert LexicalRow.objects.get().chunk.content == DenseRow.objects.get().chunk.content == "north"


def test_an_endless_chunk_is_indexed(document, add):
    add(document, " ".join(f"{number:06d}" for number in range(20_000)))

    assert len(LexicalRow.objects.get().terms) == 16_000


def test_nothing_to_index_is_no_deed(kb, space, django_assert_num_queries):
    with django_assert_num_queries(0):
        index_chunks(kb, [], space=space)


def test_a_thousand_chunks_take_few_statements(kb, document, space, django_assert_max_num_queries):
    chunks = Chunk.objects.bulk_create(
        Chunk(id=f"{n:016x}", document=document, kb=kb, content=f"text {n}") for n in range(1000)
    )

    with django_assert_max_num_queries(10):
        index_chunks(kb, [Entry(chunk, EAST) for chunk in chunks], space=space)


def test_spaces_outgrow_exact_search_by_their_largest_dataset(document, add, space):
    add(document, "east", "north")

    assert list(indexing.outgrown_spaces(1)) == [space]
    assert list(indexing.outgrown_spaces(2)) == []


def test_many_datasets_that_may_be_searched_together_outgrow_it_too(document, add, space):
    for number in range(11):
        add(document if not number else DocumentFactory(), f"text {number}", f"word {number}")

    assert list(indexing.outgrown_spaces(2)) == [space]
    assert list(indexing.outgrown_spaces(3)) == []


def test_a_graph_gets_the_memory_it_takes_within_limits(document, add, space, settings):
    add(document, "east", "north")

    settings.RAG_INDEX_MEMORY_MB = 1
    assert indexing._graph_kilobytes(space) == 2 * (2 * space.dimension + indexing.NEIGHBOURS) >> 10
    settings.RAG_INDEX_MEMORY_MB = 0
    assert indexing._graph_kilobytes(space) == 0


@pytest.mark.django_db(transaction=True)
def test_what_an_interrupted_build_left_is_built_anew(document, add, space):
    add(document, "east", "north")
    name = f"dense_hnsw_{space.pk}"
    writer = connection.copy()
    with connection.cursor() as cursor, writer.cursor() as writing:
        writing.execute("BEGIN; UPDATE rag_chunk_dense SET available = available")
        cursor.execute("SET lock_timeout = '100ms'")
        with pytest.raises(OperationalError):  # the build waits for the writer, in vain
            ensure_dense_index(space)
        cursor.execute("RESET lock_timeout")
        left = validity(cursor, name)
        writing.execute("ROLLBACK")
    writer.close()

    built = ensure_dense_index(space)

    with connection.cursor() as cursor:
        valid = validity(cursor, name)
        cursor.execute(f"DROP INDEX {name}")
    assert (left, built, valid) == (False, True, True)


@pytest.mark.django_db(transaction=True)
def test_an_index_goes_with_the_last_vector_unless_somebody_is_at_it(document, add, space):
    add(document, "east", "north")
    ensure_dense_index(space)
    drop_dense_index(space)
    served = has_dense_index(space)
    DenseRow.objects.all().delete()
    with closing(connection.copy()) as builder, builder.cursor() as building:
        building.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [f"dense_hnsw_{space.pk}"])
        beside_a_builder = drop_dense_index(space), has_dense_index(space)
        building.execute("SELECT pg_advisory_unlock_all()")  # a closed connection keeps them for a moment

    alone = drop_dense_index(space), has_dense_index(space)

    assert (served, beside_a_builder, alone) == (True, (False, True), (True, False))


def validity(cursor, name):
    cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = %s::regclass", [name])
    return cursor.fetchone()[0]


def test_large_models_fit(kb, document):
    space = EmbeddingSpace.objects.create(model_id="large@Site", revision="1", dimension=4096, floor=0)
    (chunk,) = Chunk.objects.bulk_create([Chunk(id="1" * 16, document=document, kb=kb, content="north")])
    vector = np.random.default_rng(0).normal(size=4096).astype(np.float32)

    index_chunks(kb, [Entry(chunk, vector / np.linalg.norm(vector))], space=space)

    assert len(DenseRow.objects.get().embedding) == 4096
    assert not ensure_dense_index(space)
