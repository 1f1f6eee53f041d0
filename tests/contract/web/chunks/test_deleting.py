"""POST /v1/chunk/rm, row by row of the contract (C.6)."""

import pytest

from knowledgebases.models import Chunk
from tests.contract.answers import UNKNOWN
from tests.contract.web.documents.shapes import TRUE, missing, refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def remove(call, document):
    def remove(*chunk_ids, **body):
        return call("rm", **{"doc_id": document.pk, "chunk_ids": chunk_ids, **body})

    return remove


@pytest.mark.parametrize("repeat", [1, 2], ids=["once", "twice"])
def test_named_chunks_are_deleted(five, remove, fetch, document, counted, repeat):
    answer = remove(*five[:2] * repeat)

    assert (answer.status_code, answer.json()) == (200, TRUE)
    assert fetch()["total"] == counted(document) == 3


def test_an_empty_list_deletes_every_chunk_of_the_document_and_no_other(five, remove, upload, publish):
    other = publish(upload("other.txt"), "Stays.")

    answer = remove()

    assert answer.json()["data"] is True
    assert list(Chunk.objects.all()) == list(other.chunks.all())


def test_an_empty_list_is_no_failure_where_there_is_no_chunk(remove):
    assert remove().json() == TRUE


def test_known_chunks_are_deleted_beside_unknown_ones(five, remove, document, counted):
    assert remove("x", *five[:2]).json()["data"] is True
    assert counted(document) == 3


@pytest.mark.parametrize("chunk_ids", [["x"], ["x", UNKNOWN], [None], [1]], ids=str)
def test_where_nothing_is_deleted_the_request_fails(five, remove, document, counted, chunk_ids):
    answer = remove(*chunk_ids)

    assert (answer.status_code, answer.json()) == (404, refusal(102, "Index updating failure"))
    assert counted(document) == 5


def test_what_was_deleted_is_unknown(five, remove):
    remove(five[0])

    assert remove(five[0]).json() == refusal(102, "Index updating failure")


def test_chunks_of_another_document_are_not_deleted(five, remove, upload, publish, document, counted):
    other = publish(upload("other.txt"), "Stays.")

    answer = remove(other.chunks.get().pk)

    assert answer.json() == refusal(102, "Index updating failure")
    assert (other.chunks.count(), document.chunks.count()) == (1, 5)


@pytest.mark.parametrize("chunk_ids", [None, "x", 1, {"a": 1}, True], ids=str)
def test_ids_that_are_no_list_delete_nothing(five, remove, document, counted, chunk_ids):
    answer = remove(chunk_ids=chunk_ids)

    assert (answer.status_code, answer.json()) == (400, refusal(101, "`chunk_ids` should be a list"))
    assert counted(document) == 5


@pytest.mark.parametrize("chunk_ids", [[], ["x"]], ids=["all", "one"])
@pytest.mark.parametrize("doc_id", [UNKNOWN, "", None], ids=str)
def test_an_unknown_document_is_told(five, remove, doc_id, chunk_ids):
    answer = remove(doc_id=doc_id, chunk_ids=chunk_ids)

    assert (answer.status_code, answer.json()) == (404, refusal(102, "Document not found!"))
    assert Chunk.objects.count() == 5


def test_all_keys_must_be_there(call, web):
    expected = missing("chunk_ids", "doc_id")

    assert call("rm").json() == expected
    assert web.post("/v1/chunk/rm", "[]", content_type="application/json").json() == expected
