"""POST /v1/document/infos, row by row of the contract (C.5)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from documents import queueing
from documents.models import Task
from system.rest.refusing import IDS
from tests.contract.answers import UNKNOWN
from tests.contract.web.documents.shapes import DOCUMENT, NOAUTH, missing
from tests.factories import DocumentFactory

pytestmark = pytest.mark.django_db


def test_documents_are_told_in_the_order_asked_for_each_once(kb, document, ask):
    other = DocumentFactory(kb=kb, meta_fields={"author": "me"})

    rows = ask("infos", doc_ids=[other.pk, document.pk, other.pk]).json()["data"]

    assert [row["id"] for row in rows] == [other.pk, document.pk]
    assert set(rows[0]) == DOCUMENT
    assert rows[0]["meta_fields"] == {"author": "me"}


def test_documents_of_several_datasets_are_told(document, shared, ask):
    other = DocumentFactory(kb=shared)

    assert len(ask("infos", doc_ids=[document.pk, other.pk]).json()["data"]) == 2


def test_progress_is_told_as_it_goes(document, ask):
    queueing.start([document.pk])
    task = Task.objects.claim(owner="test", lease_seconds=60)
    task.beat(lease_seconds=60, progress=0.4, message="Embedding.")

    row = ask("infos", doc_ids=[document.pk]).json()["data"][0]

    assert (row["run"], row["progress"], row["progress_msg"]) == ("1", 0.4, "Embedding.")


def test_none_asked_for_is_none_told(ask):
    assert ask("infos", doc_ids=[]).json() == {"code": 0, "message": "success", "data": []}


@pytest.mark.parametrize("others", [[UNKNOWN], ["", "x"], [None], [7], [{}]])
def test_one_id_that_is_not_there_refuses_all(document, ask, others):
    answer = ask("infos", doc_ids=[document.pk, *others])

    assert (answer.status_code, answer.json()) == (403, NOAUTH)


@pytest.mark.parametrize("given", [None, 7, {}, True])
def test_ids_that_are_no_list_are_refused(ask, given):
    answer = ask("infos", doc_ids=given)

    assert (answer.status_code, answer.json()) == (403, NOAUTH)


def test_ids_have_to_be_given(ask):
    answer = ask("infos")

    assert (answer.status_code, answer.json()) == (400, missing("doc_ids"))


def test_too_many_ids_are_refused(ask):
    assert ask("infos", doc_ids=["x"] * (IDS + 1)).status_code == 413


def test_many_cost_as_many_queries_as_one(kb, document, ask):
    others = [DocumentFactory(kb=kb).pk for _ in range(20)]
    with CaptureQueriesContext(connection) as few:
        ask("infos", doc_ids=[document.pk])

    with CaptureQueriesContext(connection) as many:
        ask("infos", doc_ids=others)

    assert len(many) == len(few) <= 2
