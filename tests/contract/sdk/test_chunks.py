"""Every method of the SDK that concerns chunks and retrieval, and the errors that it raises (contract B.3)."""

import pytest
from ragflow_sdk.modules.chunk import ChunkUpdateError

from tests.contract.sdk.conftest import LINE

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def five(parsed):
    """A parsed chunk and four added ones; returns the added."""
    return [parsed.add_chunk(content=f"chunk test {number}") for number in range(4)]


def test_an_added_chunk_has_what_the_sdk_shows(document, dataset):
    chunk = document.add_chunk("chunk test", important_keywords=["a"], questions=[" why? "])

    assert (chunk.content, chunk.important_keywords, chunk.questions) == ("chunk test", ["a"], ["why?"])
    assert (chunk.dataset_id, chunk.document_id, chunk.available) == (dataset.id, document.id, True)
    assert (type(chunk.create_time), type(chunk.create_timestamp)) == (str, float)


def test_the_same_chunk_added_twice_is_listed_once(document):
    for _ in range(2):
        document.add_chunk("chunk test")

    assert len(document.list_chunks()) == 1


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({}, 5),
        ({"page": 1, "page_size": 2}, 2),
        ({"page": 3, "page_size": 2}, 1),
        ({"page": 0, "page_size": 2}, 2),
        ({"page_size": 0}, 5),
        ({"page": None, "page_size": None}, 5),
        ({"keywords": "1"}, 1),
        ({"keywords": "chunk"}, 4),
        ({"keywords": "ragflow"}, 1),
        ({"keywords": "unknown"}, 0),
        ({"keywords": None, "id": None}, 5),
    ],
)
def test_chunks_are_listed(parsed, five, query, count):
    assert len(parsed.list_chunks(**query)) == count


def test_a_chunk_is_found_by_its_id(parsed, five):
    assert [chunk.content for chunk in parsed.list_chunks(id=five[2].id)] == ["chunk test 2"]
    with pytest.raises(Exception, match=f"Chunk not found: {parsed.dataset_id}/x"):
        parsed.list_chunks(id="x")


def test_a_chunk_is_updated(document):
    chunk = document.add_chunk("chunk test")

    chunk.update({"content": "new", "important_keywords": ["k"], "questions": ["q"], "available": False})

    shown = document.list_chunks()[0]
    assert (shown.id, shown.content, shown.available) == (chunk.id, "new", False)
    assert (shown.important_keywords, shown.questions) == (["k"], ["q"])


def test_a_listed_chunk_is_updated_and_deleted(parsed):
    chunk = parsed.list_chunks()[0]

    chunk.update({"content": "new"})
    updated = parsed.list_chunks()[0].content
    parsed.delete_chunks([chunk.id])

    assert (updated, parsed.list_chunks()) == ("new", [])


def test_a_refused_update_is_raised_with_its_code(document):
    chunk = document.add_chunk("chunk test")

    with pytest.raises(ChunkUpdateError) as raised:
        chunk.update({"important_keywords": "x"})

    assert (raised.value.code, raised.value.message) == (102, "`important_keywords` should be a list")


def test_chunks_are_deleted_by_id_or_all(parsed, five):
    parsed.delete_chunks([five[0].id])
    with pytest.raises(Exception, match="rm_chunk deleted chunks 0, expect 1"):
        parsed.delete_chunks([five[0].id])
    left = len(parsed.list_chunks())
    parsed.delete_chunks()

    assert (left, parsed.list_chunks()) == (4, [])


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ({}, 4),
        ({"page": 2, "page_size": 3}, 1),
        ({"page": 9}, 0),
        ({"vector_similarity_weight": 0}, 4),
        ({"vector_similarity_weight": 0.5}, 4),
        ({"vector_similarity_weight": 10}, 4),
        ({"top_k": 1}, 4),
        ({"similarity_threshold": 1.1}, 0),
        ({"question": ""}, 0),
        ({"metadata_condition": {"conditions": []}, "cross_languages": [], "rerank_id": ""}, 4),
    ],
)
def test_datasets_are_searched(rag, dataset, parsed, five, options, count):
    assert len(rag.retrieve(**{"dataset_ids": [dataset.id], "question": "chunk", **options})) == count


def test_a_hit_has_what_the_sdk_shows(rag, dataset, parsed):
    hit = rag.retrieve(dataset_ids=[dataset.id], document_ids=[parsed.id], question="test file content")[0]

    assert (hit.content, hit.document_id, hit.dataset_id) == (LINE, parsed.id, dataset.id)
    assert 0 < hit.similarity <= 1
    assert 0 < hit.term_similarity <= 1
    assert 0 < hit.vector_similarity <= 1


def test_a_hit_is_updated_like_any_chunk(rag, dataset, parsed):
    rag.retrieve(dataset_ids=[dataset.id], question="content")[0].update({"content": "new"})

    assert parsed.list_chunks()[0].content == "new"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dataset_ids": []}, "`dataset_ids` is required."),
        ({"dataset_ids": ["x"]}, "You don't own the dataset x."),
        ({"document_ids": ["x"]}, "The datasets don't own the document x"),
        ({"top_k": -1}, "`top_k` must be greater than 0"),
        ({"rerank_id": "unknown"}, "LookupError('Model(unknown) not authorized')"),
    ],
)
def test_a_refused_search_is_raised(rag, dataset, options, message):
    with pytest.raises(Exception) as raised:
        rag.retrieve(**{"dataset_ids": [dataset.id], "question": "chunk", **options})

    assert str(raised.value) == message
