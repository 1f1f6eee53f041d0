"""DELETE .../documents/{id}/chunks, row by row of the contract (B.3)."""

import pytest

from knowledgebases.models import Chunk
from tests.contract.answers import exception, failure

pytestmark = pytest.mark.django_db


def test_named_chunks_are_deleted(five, api, url, document, counted):
    answer = api.delete(url, {"chunk_ids": five[:2]}, format="json")

    assert (answer.status_code, answer.json()) == (200, {"code": 0})
    assert counted(document) == 3


@pytest.mark.parametrize(
    "body", [{"chunk_ids": []}, {"chunk_ids": None}, {}, None], ids=["empty", "null", "absent", "no-body"]
)
def test_without_ids_every_chunk_of_the_document_is_deleted(five, api, url, document, publish, upload, body):
    other = publish(upload("other.txt"), "Stays.")

    answer = api.delete(url, body, format="json") if body is not None else api.delete(url)

    assert answer.json() == {"code": 0}
    assert list(Chunk.objects.all()) == list(other.chunks.all())


def test_known_chunks_are_deleted_before_unknown_ones_are_told(five, api, url, document, counted):
    answer = api.delete(url, {"chunk_ids": [*five[:2], "x"]}, format="json")

    assert (answer.status_code, answer.json()) == (404, failure(102, "rm_chunk deleted chunks 2, expect 3"))
    assert counted(document) == 3


def test_unknown_chunks_delete_nothing(five, api, url, document, counted):
    answer = api.delete(url, {"chunk_ids": ["x"]}, format="json")

    assert answer.json() == failure(102, "rm_chunk deleted chunks 0, expect 1")
    assert counted(document) == 5


def test_repeated_chunks_are_deleted_once_and_told(five, api, url, document, counted):
    answer = api.delete(url, {"chunk_ids": five * 2}, format="json")

    body = answer.json()
    assert body["data"] == {"success_count": 4, "errors": [f"Duplicate chunk ids: {one}" for one in five]}
    assert counted(document) == 1


def test_ids_that_are_no_list_delete_nothing(five, api, url, document, counted):
    answer = api.delete(url, {"chunk_ids": five[0]}, format="json")

    assert (answer.status_code, answer.json()) == (400, failure(101, "`chunk_ids` should be a list"))
    assert counted(document) == 5


def test_an_unknown_document_is_told_as_an_exception(api, kb):
    answer = api.delete(f"/api/v1/datasets/{kb.pk}/documents/x/chunks")

    text = """LookupError("Can't find the document with ID x!")"""
    assert (answer.status_code, answer.json()) == (404, exception(text))


def test_unknown_chunks_are_told_rather_than_repeated_ones(five, api, url, document, counted):
    answer = api.delete(url, {"chunk_ids": [five[0], five[0], "x"]}, format="json")

    assert answer.json() == failure(102, "rm_chunk deleted chunks 1, expect 2")
    assert counted(document) == 4


def test_a_chunk_of_another_document_is_like_an_unknown_one(five, api, url, publish, upload):
    other = publish(upload("other.txt"), "Stays.").chunks.get()

    answer = api.delete(url, {"chunk_ids": [other.pk]}, format="json")

    assert answer.json() == failure(102, "rm_chunk deleted chunks 0, expect 1")
    assert Chunk.objects.filter(pk=other.pk).exists()


def test_a_deleted_chunk_is_gone_at_once(five, api, url, document):
    api.delete(url, {"chunk_ids": five[:1]}, format="json")

    assert api.delete(url, {"chunk_ids": five[:1]}, format="json").status_code == 404
    assert api.get(url, {"id": five[0]}).json()["code"] == 404
    body = {"dataset_ids": [document.kb_id], "question": "chunk"}
    assert api.post("/api/v1/retrieval", body, format="json").json()["data"]["total"] == 3
