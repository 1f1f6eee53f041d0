"""The pgvector engine: exact BM25 and dense candidates in one statement."""

import math

import numpy as np
import pytest
from django.db import connection, transaction
from django.utils import timezone

from knowledgebases import indexing
from knowledgebases.engines import pgvector
from knowledgebases.engines.base import Query
from knowledgebases.engines.pgvector import PgvectorEngine
from knowledgebases.lexical.tokenizer import terms
from knowledgebases.models import Chunk, EmbeddingSpace
from tests.factories import DocumentFactory, KnowledgebaseFactory
from tests.knowledgebases.conftest import EAST, NORTH

ENGINE = PgvectorEngine()


def ask(question, *kbs, **fields):
    return ENGINE.search(Query(terms={kb.pk: tuple(dict.fromkeys(terms(question))) for kb in kbs}, **fields))


def contents(found):
    return sorted(hit.content for hit in found.hits)


def test_words_find_chunks_and_score_bm25_over_the_sum_of_idf(kb, document, add):
    add(document, "apples and pears", "pears", "plums")

    found = {hit.content: hit for hit in ask("apples plums", kb).hits}

    idf = math.log(1 + 2.5 / 1.5)
    average = (16 * 80 + 4) / (16 + 3)
    assert set(found) == {"apples and pears", "plums"}
    tf = 1 / (1 + 1.2 * (0.25 + 0.75 * 2 / average))
    assert found["apples and pears"].term == pytest.approx(idf * tf / (2 * idf), rel=1e-4)
    assert found["apples and pears"].cosine is None


def test_terms_that_no_chunk_holds_lower_the_term_score(kb, document, add):
    add(document, "apples", "pears")

    (known,) = ask("apples", kb).hits
    (partly,) = ask("apples xylophone", kb).hits

    assert partly.term < known.term / 2


def test_vectors_find_chunks_and_every_hit_has_both_scores(kb, document, add, space):
    add(document, "east wind", "north wind", "up and away")

    found = {hit.content: hit for hit in ask("wind", kb, vector=EAST, space_id=space.pk, lexical=1, dense=1).hits}

    assert found["east wind"].cosine == pytest.approx(1)
    assert all(hit.term > 0 and hit.cosine is not None for hit in found.values())


def test_a_hit_carries_all_that_an_answer_shows(kb, document, add):
    (chunk,) = add(
        document, "apples", important_keywords=["fruit"], questions=["what?"], positions=[[1, 2, 3, 4, 5]], kind="table"
    )
    type(kb).objects.filter(pk=kb.pk).update(pagerank=7)

    (hit,) = ask("apples", kb).hits

    assert (hit.chunk_id, hit.document_id, hit.document_name, hit.kb_id) == (
        chunk.pk, document.pk, "handbook.txt", kb.pk,
    )  # fmt: skip
    assert (hit.keywords, hit.questions, hit.positions, hit.kind, hit.pagerank) == (
        ["fruit"], ["what?"], [[1, 2, 3, 4, 5]], "table", 7,
    )  # fmt: skip


@pytest.mark.parametrize("question", ["apples", "title", "keyword", "question", "heading"])
def test_every_field_is_searched(kb, document, add, question):
    add(document, "apples", title="title", important_keywords=["keyword"], questions=["question"], headings=["heading"])

    assert contents(ask(question, kb)) == ["apples"]


def test_one_search_is_one_statement(kb, document, add, space, django_assert_num_queries):
    add(document, "east wind", "north wind")

    with django_assert_num_queries(1):
        ask("wind", kb, vector=EAST, space_id=space.pk)


@pytest.mark.parametrize(
    "hide",
    [
        pytest.param(lambda kb, doc: Chunk.objects.filter(document=doc).update(available=False), id="chunk off"),
        pytest.param(lambda kb, doc: type(doc).objects.filter(pk=doc.pk).update(enabled=False), id="document off"),
        pytest.param(
            lambda kb, doc: type(doc).objects.filter(pk=doc.pk).update(deleted_at=timezone.now()), id="document deleted"
        ),
        pytest.param(
            lambda kb, doc: type(kb).objects.filter(pk=kb.pk).update(deleted_at=timezone.now()), id="dataset deleted"
        ),
        pytest.param(lambda kb, doc: Chunk.objects.filter(document=doc).delete(), id="chunk deleted"),
    ],
)
def test_what_is_hidden_takes_no_candidate_place(kb, document, add, space, hide):
    other = KnowledgebaseFactory(owner=kb.created_by, embd_id=kb.embd_id)
    add(document, "east wind", "east east wind wind")
    add(DocumentFactory(kb=other), "a wind from the east and many other words")

    hide(kb, document)

    found = ask("wind", kb, other, vector=EAST, space_id=space.pk, lexical=1, dense=1)
    assert contents(found) == ["a wind from the east and many other words"]


def test_documents_can_be_chosen(kb, document, add, space):
    other = DocumentFactory(kb=kb)
    add(document, "east wind")
    add(other, "wind from the east")

    found = ask("wind", kb, vector=EAST, space_id=space.pk, document_ids=[other.pk])

    assert contents(found) == ["wind from the east"]
    assert ask("wind", kb, vector=EAST, space_id=space.pk, document_ids=[]).hits == ()


def test_other_datasets_are_not_searched(kb, document, add, space):
    stranger = DocumentFactory()
    add(stranger, "east wind")
    add(document, "north wind")

    assert contents(ask("wind", kb, vector=EAST, space_id=space.pk)) == ["north wind"]


def test_several_datasets_are_searched_with_common_frequencies(kb, document, add):
    other = KnowledgebaseFactory(embd_id=kb.embd_id)
    add(document, "wind", "rain")
    add(DocumentFactory(kb=other), "wind")

    scores = {hit.kb_id: hit.term for hit in ask("wind", kb, other).hits}

    assert set(scores) == {kb.pk, other.pk}
    assert scores[kb.pk] == pytest.approx(scores[other.pk], rel=0.02)


def test_an_unknown_question_finds_nothing(kb, document, add):
    add(document, "apples")

    assert ask("xylophone", kb).hits == []
    assert ask("", kb).hits == []
    assert ENGINE.search(Query(terms={})).hits == ()


def test_hostile_text_is_only_text(kb, document, add):
    add(document, "%(kb_ids)s {documents} '; DROP TABLE rag_chunk; --")

    assert len(ask("%(kb_ids)s {documents} '; DROP TABLE rag_chunk; -- \\ %", kb).hits) == 1


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
            cursor.execute(sql.replace("WITH living", "EXPLAIN WITH living", 1), parameters)
            while cursor.description is None:
                cursor.nextset()
            plan = "\n".join(row[0] for row in cursor.fetchall())
        approximate = ENGINE.search(query)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP INDEX dense_hnsw_{space.pk}")

    assert f"dense_hnsw_{space.pk}" in plan
    assert {hit.chunk_id for hit in approximate.hits} == {hit.chunk_id for hit in exact.hits}


def test_settings_of_a_search_do_not_outlive_it(kb, document, add, space):
    add(document, "east wind")

    with transaction.atomic():
        ask("wind", kb, vector=EAST, space_id=space.pk, chunks=pgvector.EXACT_DENSE + 1)

    with connection.cursor() as cursor:
        cursor.execute("SHOW enable_seqscan")
        assert cursor.fetchone() == ("on",)


def test_spaces_do_not_mix(kb, document, add, space):
    add(document, "east wind")
    other = EmbeddingSpace.objects.create(model_id="other@Builtin", revision="1", dimension=4, floor=0)

    assert ask("", kb, vector=EAST, space_id=other.pk).hits == []
