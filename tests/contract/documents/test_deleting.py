"""DELETE /datasets/{id}/documents, row by row of the contract (B.2)."""

import pytest

from documents.models import Document
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
