"""DELETE /datasets/{id}/documents, row by row of the contract (B.2)."""

import pytest

from documents.models import Document, File
from knowledgebases.models import Chunk
from tests.contract.answers import UNKNOWN, failure
from tests.factories import DocumentFactory, KnowledgebaseFactory

pytestmark = pytest.mark.django_db


def test_named_documents_are_deleted(kb, api, url, three):
    answer = api.delete(url, {"ids": [three[0].pk, three[1].pk]}, format="json")

    assert (answer.status_code, answer.json()) == (200, {"code": 0})
    assert kb.refresh().doc_num == 1


@pytest.mark.parametrize("body", [{"ids": []}, {"ids": None}, {}, None], ids=["empty", "null", "absent", "no-body"])
def test_without_ids_every_document_is_deleted(kb, api, url, three, body):
    other = DocumentFactory(kb=KnowledgebaseFactory(owner=kb.created_by))

    answer = api.delete(url, body, format="json") if body is not None else api.delete(url)

    assert answer.json() == {"code": 0}
    assert kb.refresh().doc_num == 0
    assert Document.objects.get(deleted_at=None) == other


def test_known_documents_are_deleted_before_unknown_ones_are_told(kb, api, url, three):
    answer = api.delete(url, {"ids": [three[0].pk, UNKNOWN, "x"]}, format="json")

    assert (answer.status_code, answer.json()) == (
        404,
        failure(102, f"Documents not found: ['{UNKNOWN}', 'x']"),
    )
    assert kb.refresh().doc_num == 2


def test_repeated_ids_are_deleted_once_and_told(kb, api, url, three):
    ids = [document.pk for document in three]

    answer = api.delete(url, {"ids": [*ids, ids[0]]}, format="json")

    assert answer.json() == {
        "code": 0,
        "data": {"success_count": 3, "errors": [f"Duplicate document ids: {ids[0]}"]},
    }
    assert kb.refresh().doc_num == 0


def test_deleting_twice_tells_that_it_is_gone(api, url, document):
    api.delete(url, {"ids": [document.pk]}, format="json")

    answer = api.delete(url, {"ids": [document.pk]}, format="json")

    assert answer.json() == failure(102, f"Documents not found: ['{document.pk}']")


def test_a_body_that_is_a_text_is_told_as_an_exception(api, url):
    answer = api.generic("DELETE", url, '"not json"', content_type="application/json")

    text = """AttributeError("'str' object has no attribute 'get'")"""
    assert (answer.status_code, answer.json()) == (400, {"code": 100, "message": text, "data": None})


def test_ids_that_are_no_list_delete_nothing(kb, api, url, three):
    answer = api.delete(url, {"ids": three[0].pk}, format="json")

    assert (answer.status_code, answer.json()) == (400, failure(101, "`ids` should be a list"))
    assert kb.refresh().doc_num == 3


def test_unknown_ids_are_told_rather_than_repeated_ones(kb, api, url, three):
    answer = api.delete(url, {"ids": [three[0].pk, three[0].pk, "x", "x"]}, format="json")

    assert answer.json() == failure(102, "Documents not found: ['x']")
    assert kb.refresh().doc_num == 2


def test_documents_go_with_their_chunks_files_and_search_rows(upload, publish, api, url, kb):
    document = publish(upload(), "Otters hold hands.")

    api.delete(url, {"ids": [document.pk]}, format="json")

    assert not Chunk.objects.exists()
    assert not File.objects.filter(pk=document.file_id).exists()
    assert (kb.refresh().doc_num, kb.chunk_num, kb.token_num) == (0, 0, 0)
    assert api.get(url).json()["data"] == {"total": 0, "docs": []}


def test_a_deleted_document_frees_its_name(upload, api, url, post_files, kb):
    document = upload("a.txt")

    api.delete(url, {"ids": [document.pk]}, format="json")

    assert post_files(kb.pk, "a.txt").json()["data"][0]["name"] == "a.txt"
