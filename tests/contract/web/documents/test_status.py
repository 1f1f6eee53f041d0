"""POST /v1/document/change_status, row by row of the contract (C.5)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from documents.models import Document
from tests.contract.answers import UNKNOWN
from tests.contract.web.documents.shapes import missing, refusal
from tests.factories import DocumentFactory

pytestmark = pytest.mark.django_db

ERROR = {"error": "No authorization."}


def enabled(document):
    return Document.objects.get(pk=document.pk).enabled


@pytest.mark.parametrize("off", ["0", 0])
@pytest.mark.parametrize("on", ["1", 1])
def test_documents_are_switched_off_and_on(document, ask, off, on):
    answer = ask("change_status", doc_ids=[document.pk], status=off)

    assert (answer.status_code, answer.json()) == (
        200,
        {"code": 0, "message": "success", "data": {document.pk: {"status": "0"}}},
    )
    assert not enabled(document)
    assert ask("change_status", doc_ids=[document.pk], status=on).json()["data"] == {document.pk: {"status": "1"}}
    assert enabled(document)


def test_chunks_are_found_while_their_document_is_switched_on(kb, upload, publish, web, ask):
    document = publish(upload(), "Otters hold hands.")
    search = {"kb_id": kb.pk, "question": "otters"}

    ask("change_status", doc_ids=[document.pk], status="0")
    off = web.post("/v1/chunk/retrieval_test", search, format="json").json()["data"]["total"]
    ask("change_status", doc_ids=[document.pk], status="1")
    on = web.post("/v1/chunk/retrieval_test", search, format="json").json()["data"]["total"]

    assert (off, on) == (0, 1)


def test_each_id_has_its_result(kb, document, secret, ask):
    other = DocumentFactory(kb=kb)

    answer = ask("change_status", doc_ids=[document.pk, UNKNOWN, secret.pk, "", other.pk], status="0")

    assert answer.status_code == 200
    assert answer.json()["data"] == {
        document.pk: {"status": "0"},
        UNKNOWN: ERROR,
        secret.pk: ERROR,
        "": ERROR,
        other.pk: {"status": "0"},
    }
    assert [enabled(one) for one in (document, other, secret)] == [False, False, True]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, missing("doc_ids", "status")),
        ({"status": "1"}, missing("doc_ids")),
        ({"doc_ids": []}, missing("status")),
        *[
            ({"doc_ids": [UNKNOWN], "status": status}, refusal(101, '"Status" must be either 0 or 1!', False))
            for status in ("2", 2, "", None, "x", -1, [], True)
        ],
        ({"doc_ids": None, "status": "1"}, refusal(101, "`doc_ids` should be a list.", False)),
        ({"doc_ids": {}, "status": "1"}, refusal(101, "`doc_ids` should be a list.", False)),
    ],
)
def test_a_wrong_request_is_refused(ask, body, expected):
    answer = ask("change_status", **body)

    assert (answer.status_code, answer.json()) == (400, expected)


def test_none_is_fine(ask):
    assert ask("change_status", doc_ids=[], status="1").json()["data"] == {}


def test_a_switched_off_document_says_so_and_when(document, ask):
    before = document.updated_at

    ask("change_status", doc_ids=[document.pk], status="0")

    assert ask("infos", doc_ids=[document.pk]).json()["data"][0]["status"] == "0"
    assert Document.objects.get(pk=document.pk).updated_at > before


def test_switching_many_costs_what_switching_one_does(kb, document, ask):
    others = [DocumentFactory(kb=kb).pk for _ in range(20)]
    with CaptureQueriesContext(connection) as few:
        ask("change_status", doc_ids=[document.pk], status="0")

    with CaptureQueriesContext(connection) as many:
        ask("change_status", doc_ids=others, status="0")

    assert len(many) == len(few) <= 6
