"""POST /v1/document/rm, row by row of the contract (C.5)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from documents import removal
from documents.models import Document
from system.rest.refusing import IDS
from tests.contract.answers import UNKNOWN
from tests.contract.web.documents.shapes import NOAUTH, TRUE, missing
from tests.factories import DocumentFactory

pytestmark = pytest.mark.django_db


def living():
    return Document.objects.filter(deleted_at=None).count()


def test_one_document_is_deleted_with_its_chunks(kb, upload, publish, ask):
    document = publish(upload(), "Otters hold hands.")

    answer = ask("rm", doc_id=document.pk)

    assert (answer.status_code, answer.json()) == (200, TRUE)
    kb.refresh()
    assert (living(), kb.doc_num, kb.chunk_num) == (0, 0, 0)


def test_documents_of_a_list_are_deleted_repeated_ones_too(kb, document, ask):
    other, kept = DocumentFactory(kb=kb), DocumentFactory(kb=kb)

    assert ask("rm", doc_id=[document.pk, other.pk, other.pk]).json() == TRUE
    assert list(Document.objects.filter(deleted_at=None)) == [kept]


@pytest.mark.parametrize(
    "doc_id", ["", "invalid_id", UNKNOWN, "\n!?。；！？\"'", None, 7, {}, [], [""], [None]], ids=str
)
def test_an_id_that_is_not_there_is_refused(document, ask, doc_id):
    answer = ask("rm", doc_id=doc_id)

    assert (answer.status_code, answer.json()) == (403, NOAUTH)
    assert living() == 1


@pytest.mark.parametrize("other", [UNKNOWN, ""])
def test_one_id_that_is_not_there_keeps_all(document, ask, other):
    assert ask("rm", doc_id=[document.pk, other]).json() == NOAUTH
    assert living() == 1


def test_one_foreign_id_keeps_all(document, secret, ask):
    assert ask("rm", doc_id=[document.pk, secret.pk]).json() == NOAUTH
    assert living() == 2


def test_a_deleted_document_is_not_there(document, ask):
    removal.remove([document.pk])

    assert ask("rm", doc_id=document.pk).json() == NOAUTH


@pytest.mark.parametrize("body", [b"", b"not json", b'"not json"', b"[]"])
def test_documents_have_to_be_named(web, body):
    answer = web.generic("POST", "/v1/document/rm", body, content_type="application/json")

    assert (answer.status_code, answer.json()) == (400, missing("doc_id"))


def test_too_many_ids_are_refused(ask):
    assert ask("rm", doc_id=["x"] * (IDS + 1)).status_code == 413


def test_deleting_many_costs_what_deleting_one_does(kb, document, ask):
    others = [DocumentFactory(kb=kb).pk for _ in range(20)]
    with CaptureQueriesContext(connection) as few:
        ask("rm", doc_id=document.pk)

    with CaptureQueriesContext(connection) as many:
        ask("rm", doc_id=others)

    assert len(many) <= len(few) + 1
