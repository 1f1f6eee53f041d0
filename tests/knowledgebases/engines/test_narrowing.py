"""Documents and metadata as part of the search: nothing that does not pass takes a place among the candidates."""

import numpy as np
import pytest
from django.db import connection, transaction
from django.utils import timezone

from documents.models import Document
from knowledgebases import indexing
from knowledgebases.conditions import Condition, Either
from knowledgebases.engines import pgvector
from knowledgebases.engines.base import Query
from knowledgebases.engines.pgvector import PgvectorEngine
from knowledgebases.models import Chunk
from system.errors import Unavailable
from tests.factories import DocumentFactory, KnowledgebaseFactory
from tests.knowledgebases.conftest import EAST

ENGINE = PgvectorEngine()
RED = Condition("colour", "is", "red")


def ask(kb, *words, **fields):
    return ENGINE.search(Query(terms={kb.pk: words}, **fields))


def contents(found):
    return {hit.content for hit in found.hits}


@pytest.fixture
def red(kb):
    return DocumentFactory(kb=kb, name="red.txt", meta_fields={"colour": "Red"})


def test_what_does_not_pass_takes_no_place(kb, document, red, add, space):
    add(document, "wind", "east wind", "wind wind")
    add(red, "a wind from the east, and many more words beside it")

    found = ask(kb, "wind", where=RED, vector=EAST, space_id=space.pk, lexical=1, dense=1)

    assert contents(found) == {"a wind from the east, and many more words beside it"}
    assert found.documents == 1


@pytest.mark.parametrize(("unless_none", "count"), [(False, 0), (True, 2)], ids=["nothing", "everything"])
@pytest.mark.parametrize("large", [False, True])
def test_where_no_document_passes_none_or_all_are_searched(kb, document, red, add, space, large, unless_none, count):
    add(document, "east wind")
    add(red, "north wind")
    blue = Condition("colour", "is", "blue")
    chunks = pgvector.EXACT_DENSE + 1 if large else 0

    found = ask(kb, "wind", where=blue, unless_none=unless_none, vector=EAST, space_id=space.pk, chunks=chunks)

    assert (len(found.hits), found.documents) == (count, 0)


def test_documents_that_are_named_are_never_all_of_them(kb, document, add):
    add(document, "wind")

    assert ask(kb, "wind", document_ids=["x"], unless_none=True).hits == []


def test_documents_and_metadata_both_have_to_pass(kb, document, red, add):
    other = DocumentFactory(kb=kb, meta_fields={"colour": "red"})
    add(red, "wind")
    add(other, "wind east")

    assert contents(ask(kb, "wind", where=RED, document_ids=[document.pk, other.pk])) == {"wind east"}


def test_a_disabled_document_that_passes_is_not_found_but_counts(kb, document, red, add):
    add(document, "wind")
    add(red, "east wind")
    type(red).objects.filter(pk=red.pk).update(enabled=False)

    found = ask(kb, "wind", where=RED, unless_none=True)

    assert (found.hits, found.documents) == ([], 1)


def test_a_deleted_document_does_not_count(kb, document, red, add):
    add(document, "wind")
    add(red, "east wind")
    type(red).objects.filter(pk=red.pk).update(deleted_at=timezone.now())

    found = ask(kb, "wind", where=RED, unless_none=True)

    assert (contents(found), found.documents) == ({"wind"}, 0)


def test_documents_of_other_datasets_do_not_pass(kb, document, add):
    foreign = DocumentFactory(meta_fields={"colour": "red"})
    add(foreign, "wind")
    add(document, "wind")

    assert ask(kb, "wind", where=RED).documents == 0
    assert ask(kb, "wind", document_ids=[foreign.pk]).hits == []


@pytest.mark.parametrize("large", [False, True])
def test_a_narrowed_search_is_one_statement(kb, red, add, space, large, django_assert_num_queries):
    add(red, "east wind")
    chunks = pgvector.EXACT_DENSE + 1 if large else 0

    with django_assert_num_queries(1):
        ask(kb, "wind", where=RED, vector=EAST, space_id=space.pk, chunks=chunks)


def test_hostile_names_and_values_are_only_texts(kb, document, add):
    hostile = "%(kb_ids)s {parts} {wanted} '; DROP TABLE rag_chunk; -- \\"
    type(document).objects.filter(pk=document.pk).update(meta_fields={hostile: hostile})
    add(document, "wind")

    assert len(ask(kb, "wind", where=Condition(hostile, "is", hostile)).hits) == 1
    assert Chunk.objects.exists()


CHUNKS, DOCUMENTS = 4000, 400


@pytest.fixture
def many(transactional_db, kb, space):
    """4,000 chunks of 400 documents, in a space with an index; a document in ten is red."""
    documents = Document.objects.bulk_create(
        Document(
            kb=kb,
            created_by=kb.created_by,
            name=f"{n}.txt",
            type="doc",
            meta_fields={"colour": "red" if n % 10 == 0 else "blue", "n": n},
        )
        for n in range(DOCUMENTS)
    )
    vectors = directions(CHUNKS, seed=7)
    chunks = Chunk.objects.bulk_create(
        Chunk(id=f"{n:016x}", document=documents[n % DOCUMENTS], kb=kb, content=f"text {n}") for n in range(CHUNKS)
    )
    indexing.index_chunks(kb, [indexing.Entry(*pair) for pair in zip(chunks, vectors, strict=True)], space=space)
    indexing.ensure_dense_index(space)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    yield kb, vectors
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX dense_hnsw_{space.pk}")


def directions(count, *, seed):
    vectors = np.random.default_rng(seed).normal(size=(count, 4)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


SCOPES = {
    "1 %": (Condition("n", "<", DOCUMENTS // 100), lambda n: n < DOCUMENTS // 100),
    "10 %": (RED, lambda n: n % 10 == 0),
    "half": (Condition("n", "≥", DOCUMENTS // 2), lambda n: n >= DOCUMENTS // 2),
    "all": (Condition("n", "not empty"), lambda n: True),
}


def recall(kb, vectors, scope, **fields):
    """Share of the ten nearest that is among the ten best hits, and whether all vectors in scope were compared."""
    where, passes = SCOPES[scope]
    inside = np.array([passes(n % DOCUMENTS) for n in range(CHUNKS)])
    shares, near = [], set()
    for asked in directions(20, seed=8):
        found = ask(kb, where=where, vector=asked, chunks=CHUNKS, dense=100, **fields)
        best = np.argsort(np.where(inside, -(vectors @ asked), 9))[:10]
        ids = {hit.chunk_id for hit in sorted(found.hits, key=lambda hit: -hit.cosine)[:10]}
        shares.append(len(ids & {f"{n:016x}" for n in best}) / 10)
        near.add(found.near)
    return np.mean(shares), near


def test_the_nearest_under_a_filter_are_found(many, space, monkeypatch):
    kb, vectors = many

    compared, walked = {}, {}
    for scope in SCOPES:
        monkeypatch.setattr(pgvector, "EXACT_DENSE", CHUNKS - 1)
        compared[scope] = recall(kb, vectors, scope, space_id=space.pk)
        monkeypatch.setattr(pgvector, "EXACT_DENSE", 0)
        walked[scope] = recall(kb, vectors, scope, space_id=space.pk)

    assert {scope: near for scope, (_, near) in compared.items()} == {scope: {scope != "all"} for scope in SCOPES}
    assert min(share for scope, (share, _) in compared.items() if scope != "all") >= 0.99
    assert min(share for share, _ in walked.values()) >= 0.95
    assert set.union(*(near for _, near in walked.values())) == {False}

    monkeypatch.setattr(pgvector, "EXACT_DENSE", CHUNKS - 1)
    asked = {"terms": {kb.pk: ()}, "vector": vectors[0], "space_id": space.pk, "chunks": CHUNKS}
    used = {
        scope: [line for line in explained(Query(**asked, where=SCOPES[scope][0])) if f"dense_hnsw_{space.pk}" in line]
        for scope in ("1 %", "all")
    }
    assert "never executed" in used["1 %"][0]
    assert "never executed" not in used["all"][0]


def explained(query):
    sql, parameters = pgvector._statement(query, postings=None)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute(sql.replace("WITH gone", "EXPLAIN ANALYZE WITH gone", 1), parameters)
        while cursor.description is None:
            cursor.nextset()
        return [row[0] for row in cursor.fetchall()]


def test_candidates_know_their_place(kb, document, add, space):
    add(document, "wind", "wind and many more words", "east of here")

    found = {hit.content: hit.place for hit in ask(kb, "wind", vector=EAST, space_id=space.pk).hits}

    assert found == {"wind": 1, "wind and many more words": 2, "east of here": 1}


def test_tags_of_chunks_come_along(kb, add):
    tagged = KnowledgebaseFactory(embd_id=kb.embd_id)
    add(DocumentFactory(kb=tagged), "wind", tags=["sea"], tag_weights={"sea": 2})

    (hit,) = ask(tagged, "wind").hits

    assert (hit.tags, hit.tag_weights) == (["sea"], {"sea": 2})


def test_words_are_looked_for_in_every_chunk_of_few_documents(kb, document, red, add, monkeypatch):
    add(document, *(f"common {number}" for number in range(9)))
    add(red, "rare common", "common")
    monkeypatch.setattr(pgvector, "POSTINGS", 1)
    huge = pgvector.EXHAUSTIVE_LEXICAL + 1

    found = ask(kb, "rare", "common", where=RED, chunks=huge)
    monkeypatch.setattr(pgvector, "FEW_WORDS", 0)
    fewer = ask(kb, "rare", "common", where=RED, chunks=huge)  # two chunks, where the words are in twelve
    monkeypatch.setattr(pgvector, "LOOKUPS", 100)
    pruned = ask(kb, "rare", "common", where=RED, chunks=huge)

    assert (contents(found), found.exact) == ({"rare common", "common"}, True)
    assert (contents(fewer), fewer.exact) == ({"rare common", "common"}, True)
    assert (contents(pruned), pruned.exact) == ({"rare common"}, False)
    assert {hit.content: hit.term for hit in pruned.hits}.items() <= {
        hit.content: hit.term for hit in found.hits
    }.items()


@pytest.mark.django_db(transaction=True)
def test_a_search_that_takes_too_long_is_given_up(kb, document, add, settings):
    add(document, *(f"wind {number}" for number in range(50)))
    settings.RAG_SEARCH_SECONDS = 0.001
    slow = Either(tuple(Condition("colour", "in", [f"{n}" for n in range(64)]) for _ in range(5)))

    with pytest.raises(Unavailable, match=r"^The search took more than 0.001 seconds and was given up"):
        ask(kb, "wind", where=slow)

    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)
