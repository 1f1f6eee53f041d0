"""The pgvector engine: exact BM25 and dense candidates in one statement."""

import numpy as np
import pytest
from django.db import connection, transaction

from knowledgebases import indexing
from knowledgebases.engines import pgvector
from knowledgebases.engines.base import Query
from knowledgebases.engines.pgvector import PgvectorEngine
from knowledgebases.lexical.tokenizer import terms
from tests.knowledgebases.conftest import EAST, NORTH

ENGINE = PgvectorEngine()


def ask(question, *kbs, **fields):
    return ENGINE.search(Query(terms={kb.pk: tuple(dict.fromkeys(terms(question))) for kb in kbs}, **fields))


def contents(found):
    return sorted(hit.content for hit in found.hits)


def test_one_search_is_one_statement(kb, document, add, space, django_assert_num_queries):
    add(document, "east wind", "north wind")

    with django_assert_num_queries(1):
        ask("wind", kb, vector=EAST, space_id=space.pk)


def test_pruned_terms_are_added_when_they_could_matter(kb, document, add, monkeypatch):
    add(document, "rare common", *(f"common {number}" for number in range(8)), "common twice common")
    whole = {hit.chunk_id: hit.term for hit in ask("rare common", kb).hits}

    monkeypatch.setattr(pgvector, "POSTINGS", 2)
    found = ask("rare common", kb, lexical=20)

    assert found.exact
    assert {hit.chunk_id: hit.term for hit in found.hits} == whole


def test_fast_mode_says_that_it_may_miss_something(kb, document, add, monkeypatch):
    add(document, "rare common", *(f"common {number}" for number in range(8)))

    monkeypatch.setattr(pgvector, "POSTINGS", 2)
    found = ask("rare common", kb, chunks=pgvector.EXHAUSTIVE_LEXICAL + 1)

    assert not found.exact
    assert contents(found) == ["rare common"]


def test_pruning_is_exact_when_the_rest_cannot_reach_the_list(kb, document, add, monkeypatch):
    add(document, "rare rare rare", *(f"common {number}" for number in range(200)))

    monkeypatch.setattr(pgvector, "POSTINGS", 2)
    found = ask("rare common", kb, lexical=1, chunks=pgvector.EXHAUSTIVE_LEXICAL + 1)

    assert found.exact
    assert contents(found) == ["rare rare rare"]


@pytest.mark.django_db(transaction=True)
def test_a_large_scope_uses_the_index_and_finds_the_same(kb, document, add, space):
    generator = np.random.default_rng(1)
    chunks = add(document, *(f"text {number}" for number in range(300)), vector=EAST)
    vectors = generator.normal(size=(300, 4)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    indexing.index_chunks(kb, [indexing.Entry(c, v) for c, v in zip(chunks, vectors, strict=True)], space=space)
    exact = ask("", kb, vector=NORTH, space_id=space.pk, dense=20)
    assert indexing.ensure_dense_index(space)
    assert not indexing.ensure_dense_index(space)

    try:
        query = Query(terms={kb.pk: ()}, vector=NORTH, space_id=space.pk, dense=20, chunks=pgvector.EXACT_DENSE + 1)
        sql, parameters = pgvector._statement(query, postings=None)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off"
            )
            cursor.execute(sql.replace("WITH gone", "EXPLAIN WITH gone", 1), parameters)
            while cursor.description is None:
                cursor.nextset()
            plan = "\n".join(row[0] for row in cursor.fetchall())
        approximate = ENGINE.search(query)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP INDEX dense_hnsw_{space.pk}")

    assert f"dense_hnsw_{space.pk}" in plan
    assert not approximate.near
    assert {hit.chunk_id for hit in approximate.hits} == {hit.chunk_id for hit in exact.hits}


def test_without_an_index_a_large_scope_is_compared_one_by_one(kb, document, add, space):
    add(document, "east wind", "north wind")

    found = ask("", kb, vector=NORTH, space_id=space.pk, chunks=pgvector.EXACT_DENSE + 1)

    assert found.near
    assert len(found.hits) == 2


@pytest.mark.django_db(transaction=True)
def test_an_index_that_is_mostly_of_other_datasets_is_left_alone(kb, document, add, space, monkeypatch):
    add(document, "east wind", "north wind")
    assert indexing.ensure_dense_index(space)
    monkeypatch.setattr(pgvector, "WORTH", 10**9)  # as beside so many vectors

    try:
        found = ask("", kb, vector=NORTH, space_id=space.pk, chunks=pgvector.EXACT_DENSE + 1)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP INDEX dense_hnsw_{space.pk}")

    assert found.near
    assert len(found.hits) == 2


@pytest.mark.parametrize(("chunks", "ef_search"), [(20_001, 200), (250_000, 200), (1_000_000, 800), (9_000_000, 1000)])
def test_the_larger_the_datasets_the_more_candidates_a_walk_keeps(kb, document, add, space, chunks, ef_search):
    add(document, "east wind")

    with transaction.atomic():
        ask("wind", kb, vector=EAST, space_id=space.pk, chunks=chunks)
        with connection.cursor() as cursor:
            cursor.execute("SHOW hnsw.ef_search")
            assert cursor.fetchone() == (str(ef_search),)


def test_settings_of_a_search_do_not_outlive_it(kb, document, add, space):
    add(document, "east wind")

    with transaction.atomic():
        ask("wind", kb, vector=EAST, space_id=space.pk, chunks=pgvector.EXACT_DENSE + 1)

    with connection.cursor() as cursor:
        cursor.execute("SHOW enable_seqscan")
        assert cursor.fetchone() == ("on",)
