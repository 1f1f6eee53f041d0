"""Pausing, resuming and retrying datasets in the console."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from documents import pausing, progress, queueing
from documents.models import Document, Run, Task, TaskState
from system.errors import Misconfigured

LIST = "/admin/knowledgebases/knowledgebase/"


def run(console, action, *kbs):
    return console.post(LIST, {"action": action, "_selected_action": [kb.pk for kb in kbs]}, follow=True)


def told(response):
    return [message.message for message in response.context["messages"]]


def history():
    return list(LogEntry.objects.order_by("pk").values_list("object_id", "change_message"))


@pytest.fixture
def failed(document, claimed):
    progress.fail_or_retry(claimed(), Misconfigured("No such model."))
    return document


def test_datasets_are_paused_and_resumed(console, kb, document):
    queueing.start([document.pk])

    assert told(run(console, "pause", kb)) == ["1 dataset paused."]
    assert Task.objects.get().state == TaskState.PAUSED
    assert told(run(console, "resume", kb)) == ["1 dataset resumed."]
    assert Task.objects.get().state == TaskState.QUEUED
    assert history() == [(kb.pk, "Ingestion paused."), (kb.pk, "Ingestion resumed.")]


def test_what_is_paused_is_not_paused_again(console, kb):
    pausing.pause(kb)

    assert told(run(console, "pause", kb)) == ["Nothing to pause: it is paused already."]
    assert history() == []


def test_the_list_and_the_page_show_since_when(console, kb, document):
    queueing.start([document.pk])
    pausing.pause(kb)

    page = reverse("admin:knowledgebases_knowledgebase_change", args=[kb.pk])
    for url in (LIST, page, "/admin/documents/document/", "/admin/documents/task/"):
        assert ">paused<" in console.get(url).content.decode(), url


def test_failed_documents_are_retried(console, kb, failed):
    assert told(run(console, "retry", kb)) == ["1 failed document started anew."]

    assert Document.objects.get().run == Run.RUNNING
    assert history() == [(kb.pk, "Failed documents retried.")]
    assert told(run(console, "retry", kb)) == ["Nothing to retry: nothing failed."]


@pytest.mark.parametrize("deed", ["pause", "resume", "retry"])
def test_the_same_is_done_on_its_page_after_a_question(console, kb, failed, deed):
    if deed == "resume":
        pausing.pause(kb)
    url = reverse(f"admin:knowledgebases_knowledgebase_{deed}_this", args=[kb.pk])

    console.get(url)
    assert history() == []
    answer = console.post(url, {"_form_submitted": "on"})

    assert answer.headers["HX-Redirect"] == reverse("admin:knowledgebases_knowledgebase_change", args=[kb.pk])
    assert len(history()) == 1


@pytest.mark.parametrize(
    ("permissions", "may"),
    [
        (["knowledgebases.view_knowledgebase"], set()),
        (["knowledgebases.view_knowledgebase", "knowledgebases.change_knowledgebase"], {"pause", "resume"}),
        (["knowledgebases.view_knowledgebase", "documents.change_document"], {"retry"}),
    ],
    ids=["looks", "changes datasets", "changes documents"],
)
@pytest.mark.parametrize("deed", ["pause", "resume", "retry"])
def test_each_takes_its_permission(console_with, kb, failed, permissions, may, deed):
    somebody = console_with(*permissions)
    if deed == "resume":
        pausing.pause(kb)

    run(somebody, deed, kb)
    answer = somebody.post(
        reverse(f"admin:knowledgebases_knowledgebase_{deed}_this", args=[kb.pk]), {"_form_submitted": "on"}
    )

    assert (len(history()) > 0) == (deed in may)
    assert (answer.status_code == 403) == (deed not in may)
