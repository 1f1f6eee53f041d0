"""Starting and stopping to parse, row by row of the contract (B.2)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from documents import queueing
from documents.models import Document, Run, Task
from tests.contract.answers import UNKNOWN, failure

pytestmark = pytest.mark.django_db


@pytest.fixture
def parsing(kb):
    return f"/api/v1/datasets/{kb.pk}/chunks"


def runs(documents):
    return [Document.objects.get(pk=document.pk).run for document in documents]


def test_documents_are_started(api, parsing, three):
    answer = api.post(parsing, {"document_ids": [document.pk for document in three]}, format="json")

    assert (answer.status_code, answer.json()) == (200, {"code": 0})
    assert runs(three) == [Run.RUNNING] * 3
    assert Task.objects.claimable().count() == 3


@pytest.mark.parametrize("method", ["post", "delete"])
@pytest.mark.parametrize("body", [{}, {"document_ids": []}, {"document_ids": None}, None])
def test_documents_have_to_be_named(api, parsing, method, body):
    answer = getattr(api, method)(parsing, body, format="json")

    assert (answer.status_code, answer.json()) == (400, failure(102, "`document_ids` is required"))


@pytest.mark.parametrize("method", ["post", "delete"])
def test_documents_have_to_be_a_list(api, parsing, method):
    answer = getattr(api, method)(parsing, {"document_ids": "abc"}, format="json")

    assert (answer.status_code, answer.json()) == (400, failure(102, "`document_ids` should be a list"))


def test_known_documents_are_started_although_others_are_unknown(api, parsing, three):
    answer = api.post(parsing, {"document_ids": ["x", three[0].pk, UNKNOWN]}, format="json")

    assert (answer.status_code, answer.json()) == (404, failure(102, f"Documents not found: ['x', '{UNKNOWN}']"))
    assert runs(three) == [Run.RUNNING, Run.UNSTART, Run.UNSTART]


def test_repeated_documents_are_started_once_and_told(api, parsing, three):
    key = three[0].pk

    answer = api.post(parsing, {"document_ids": [key, key]}, format="json")

    assert answer.json() == {"code": 0, "data": {"success_count": 1, "errors": [f"Duplicate document ids: {key}"]}}
    assert Task.objects.count() == 1


def test_a_document_that_is_processed_is_not_started_and_stops_the_list(api, parsing, three):
    queueing.start([three[1].pk])

    answer = api.post(parsing, {"document_ids": [document.pk for document in three]}, format="json")

    assert (answer.status_code, answer.json()) == (
        409,
        failure(102, "Can't parse document that is currently being processed"),
    )
    assert runs(three) == [Run.RUNNING, Run.RUNNING, Run.UNSTART]
    assert Task.objects.count() == 2


def test_a_finished_document_is_parsed_again_and_searchable_meanwhile(api, parsing, upload, publish):
    document = publish(upload(), "Otters hold hands.")

    answer = api.post(parsing, {"document_ids": [document.pk]}, format="json")

    document.refresh_from_db()
    assert answer.json() == {"code": 0}
    assert (document.run, document.chunk_num) == (Run.RUNNING, 1)


def test_a_running_document_is_stopped(api, parsing, three):
    queueing.start([three[0].pk])

    answer = api.delete(parsing, {"document_ids": [three[0].pk]}, format="json")

    assert (answer.status_code, answer.json()) == (200, {"code": 0})
    document = Document.objects.get(pk=three[0].pk)
    assert (document.run, document.progress, document.chunk_num) == (Run.CANCEL, 0, 0)


def test_documents_are_stopped_in_turn_up_to_one_that_does_not_run(api, parsing, three):
    queueing.start([three[0].pk, three[2].pk])

    answer = api.delete(parsing, {"document_ids": [document.pk for document in three]}, format="json")

    assert (answer.status_code, answer.json()) == (
        409,
        failure(102, "Can't stop parsing document with progress at 0 or 1"),
    )
    assert runs(three) == [Run.CANCEL, Run.UNSTART, Run.RUNNING]


def test_an_unknown_document_is_not_stopped(api, parsing):
    answer = api.delete(parsing, {"document_ids": ["x"]}, format="json")

    assert (answer.status_code, answer.json()) == (404, failure(102, "You don't own the document x."))


def test_repeated_documents_are_stopped_once_and_told(api, parsing, document):
    queueing.start([document.pk])

    answer = api.delete(parsing, {"document_ids": [document.pk] * 2}, format="json")

    assert answer.json() == {
        "code": 0,
        "data": {"success_count": 1, "errors": [f"Duplicate document ids: {document.pk}"]},
    }


def test_stopping_many_costs_what_stopping_one_does(api, parsing, upload, django_assert_max_num_queries):
    documents = [upload(f"{number}.txt") for number in range(6)]
    queueing.start([document.pk for document in documents])
    with CaptureQueriesContext(connection) as one:
        api.delete(parsing, {"document_ids": [documents[0].pk]}, format="json")

    with django_assert_max_num_queries(len(one)):
        api.delete(parsing, {"document_ids": [document.pk for document in documents[1:]]}, format="json")

    assert set(runs(documents)) == {Run.CANCEL}


def test_unknown_documents_are_told_rather_than_repeated_ones(api, parsing, three):
    key = three[0].pk

    answer = api.post(parsing, {"document_ids": [key, "x", key]}, format="json")

    assert answer.json() == failure(102, "Documents not found: ['x']")
    assert runs(three) == [Run.RUNNING, Run.UNSTART, Run.UNSTART]


def test_a_processed_document_is_told_rather_than_unknown_ones_before_it(api, parsing, three):
    queueing.start([three[1].pk])

    answer = api.post(parsing, {"document_ids": ["x", three[0].pk, three[1].pk]}, format="json")

    assert answer.json() == failure(102, "Can't parse document that is currently being processed")
    assert runs(three) == [Run.RUNNING, Run.RUNNING, Run.UNSTART]


@pytest.mark.parametrize("run", [Run.UNSTART, Run.CANCEL, Run.DONE, Run.FAIL])
def test_a_document_that_is_not_processed_is_started(api, parsing, document, run):
    Document.objects.filter(pk=document.pk).update(run=run, progress={Run.DONE: 1, Run.FAIL: -1}.get(run, 0))

    api.post(parsing, {"document_ids": [document.pk]}, format="json")

    document.refresh_from_db()
    assert (document.run, 0 < document.progress < 0.01) == (Run.RUNNING, True)
    assert document.progress_msg.endswith("Task is queued...")
    assert document.process_begin_at is not None


@pytest.mark.parametrize(("run", "progress"), [(Run.UNSTART, 0), (Run.CANCEL, 0), (Run.DONE, 1)])
def test_a_document_at_0_or_1_is_not_stopped(api, parsing, document, run, progress):
    Document.objects.filter(pk=document.pk).update(run=run, progress=progress)

    answer = api.delete(parsing, {"document_ids": [document.pk]}, format="json")

    assert (answer.status_code, answer.json()) == (
        409,
        failure(102, "Can't stop parsing document with progress at 0 or 1"),
    )
    assert runs([document]) == [run]


def test_a_failed_document_can_be_stopped(api, parsing, document):
    Document.objects.filter(pk=document.pk).update(run=Run.FAIL, progress=-1)

    answer = api.delete(parsing, {"document_ids": [document.pk]}, format="json")

    assert answer.json() == {"code": 0}
    document.refresh_from_db()
    assert (document.run, document.progress) == (Run.CANCEL, 0)


def test_documents_before_an_unknown_one_are_stopped(api, parsing, three):
    queueing.start([three[0].pk, three[1].pk])

    answer = api.delete(parsing, {"document_ids": [three[0].pk, "x", three[1].pk]}, format="json")

    assert answer.json() == failure(102, "You don't own the document x.")
    assert runs(three) == [Run.CANCEL, Run.RUNNING, Run.UNSTART]


def test_a_stopped_document_keeps_when_it_began(api, parsing, document):
    queueing.start([document.pk])

    api.delete(parsing, {"document_ids": [document.pk]}, format="json")

    row = api.get(parsing.replace("/chunks", "/documents")).json()["data"]["docs"][0]
    assert (row["run"], row["progress"]) == ("CANCEL", 0.0)
    assert row["process_begin_at"].endswith(" GMT")
