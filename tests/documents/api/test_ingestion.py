"""Pausing, resuming and retrying a dataset through the REST API."""

import pytest

from documents import pausing, progress, queueing
from documents.models import Document, Run, Task, TaskState
from knowledgebases.models import Permission
from system.errors import Misconfigured

pytestmark = pytest.mark.django_db


@pytest.fixture
def call(api, kb):
    """Call a route of the dataset as its owner; returns the answer's body."""

    def call(deed, body=None, client=api):
        url = f"/api/v1/datasets/{kb.pk}/{deed}"
        return (client.post(url) if body is None else client.post(url, body, format="json")).json()

    return call


@pytest.fixture
def failed(upload, claimed):
    """Documents that have failed."""

    def failed(*names):
        documents = [upload(name) for name in names]
        for document in documents:
            progress.fail_or_retry(claimed(document), Misconfigured("No such model."))
        return documents

    return failed


def test_a_dataset_is_paused_and_resumed(call, kb, document):
    queueing.start([document.pk])

    paused = call("pause")
    assert Task.objects.get().state == TaskState.PAUSED
    resumed = call("resume")

    kb.refresh_from_db()
    assert paused["code"] == resumed["code"] == 0
    assert paused["data"]["paused_at"]
    assert (paused["data"]["tasks"], resumed["data"]) == (1, {"paused_at": None, "tasks": 1})
    assert kb.paused_at is None


def test_a_document_of_a_paused_dataset_is_running_and_says_why_it_is_not(call, api, kb, document):
    call("pause")

    api.post(f"/api/v1/datasets/{kb.pk}/chunks", {"document_ids": [document.pk]}, format="json")

    shown = api.get(f"/api/v1/datasets/{kb.pk}/documents").json()["data"]["docs"][0]
    assert shown["run"] == "RUNNING"
    assert progress.PAUSED in shown["progress_msg"]


def test_a_paused_document_can_be_stopped(call, api, kb, document):
    queueing.start([document.pk])
    call("pause")

    answer = api.delete(f"/api/v1/datasets/{kb.pk}/chunks", {"document_ids": [document.pk]}, format="json")

    document.refresh_from_db()
    assert answer.json()["code"] == 0
    assert document.run == Run.CANCEL


@pytest.mark.parametrize("body", [None, {}, {"document_ids": None}], ids=["no body", "empty", "null"])
def test_all_that_failed_is_tried_again(call, failed, upload, body):
    failed("a.txt", "b.txt")
    upload("idle.txt")

    assert call("retry", body) == {"code": 0, "data": {"documents": 2}}

    assert Document.objects.filter(run=Run.RUNNING).count() == 2


def test_of_the_documents_named_those_that_failed_are_tried_again(call, failed, upload):
    one, other = failed("a.txt", "b.txt")
    idle = upload("idle.txt")

    answer = call("retry", {"document_ids": [one.pk, idle.pk, one.pk]})

    assert answer["data"] == {"documents": 1}
    other.refresh_from_db()
    assert other.run == Run.FAIL


def test_what_was_stopped_is_tried_again_where_that_is_asked_for(call, document):
    queueing.start([document.pk])
    queueing.stop([document.pk])

    assert call("retry")["data"] == {"documents": 0}
    assert call("retry", {"canceled": True})["data"] == {"documents": 1}


def test_an_unknown_document_keeps_all_from_being_tried_again(call, failed):
    (one,) = failed("a.txt")

    answer = call("retry", {"document_ids": [one.pk, "unknown"]})

    assert (answer["code"], answer["message"]) == (102, "Documents not found: ['unknown']")
    one.refresh_from_db()
    assert one.run == Run.FAIL


@pytest.mark.parametrize(
    "body",
    [
        {"document_ids": "all"},
        {"document_ids": [1]},
        {"canceled": "yes"},
        {"documents": []},
        {"document_ids": ["x"] * 10_001},
    ],
    ids=["no list", "no text", "no boolean", "unknown key", "too many"],
)
def test_a_body_of_another_shape_is_refused(call, failed, body):
    failed("a.txt")

    assert call("retry", body)["code"] == 101
    assert not Task.objects.open().exists()


@pytest.mark.parametrize(("deed", "code"), [("pause", 102), ("resume", 102), ("retry", 0)])
def test_a_member_of_the_team_retries_but_does_not_pause(call, kb, api_as, teammate, deed, code):
    type(kb).objects.filter(pk=kb.pk).update(permission=Permission.TEAM)

    assert call(deed, client=api_as(teammate))["code"] == code


@pytest.mark.parametrize("deed", ["pause", "resume", "retry"])
def test_a_stranger_finds_nothing(call, kb, api_as, stranger, deed, failed):
    failed("a.txt")
    pausing.pause(kb)
    since = kb.paused_at

    answer = call(deed, client=api_as(stranger))

    kb.refresh_from_db()
    assert (answer["code"], answer["message"]) == (102, f"You don't own the dataset {kb.pk}.")
    assert kb.paused_at == since
    assert not Task.objects.open().exists()
