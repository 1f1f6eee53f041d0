"""Reindexing in the console."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from documents import reindexing
from documents.models import Goal, Reindex, ReindexState, What
from documents.models.document import Document
from tests.factories import DocumentFactory

pytestmark = pytest.mark.django_db

LIST = "/admin/documents/reindex/"


@pytest.fixture(autouse=True)
def _chunks(kb):
    document = DocumentFactory(kb=kb)
    Document.objects.filter(pk=document.pk).update(chunk_num=4)


@pytest.fixture
def job(kb):
    return reindexing.start(kb, what=What.LEXICAL, language="German")


def page_of(kb):
    return reverse("admin:knowledgebases_knowledgebase_change", args=[kb.pk])


def begin(console, kb, **form):
    url = reverse("admin:knowledgebases_knowledgebase_reindex_this", args=[kb.pk])
    return console.post(url, {"_form_submitted": "on", "what": "lexical", "model": "", "language": "", **form})


def run(console, action, job):
    return console.post(LIST, {"action": action, "_selected_action": [job.pk]}, follow=True)


def told(response):
    return [message.message for message in response.context["messages"]]


def test_a_reindex_is_begun_on_the_page_of_a_dataset(console, kb):
    answer = begin(console, kb, language="German", switch="on")

    job = Reindex.objects.get()
    assert (job.what, job.language, job.goal) == (What.LEXICAL, "German", Goal.SWITCH)
    assert answer.headers["HX-Redirect"] == f"{LIST}?kb__id__exact={kb.pk}"
    assert LogEntry.objects.get().change_message == "Reindexing begun."


def test_what_is_refused_is_told_on_the_page(console, kb, job):
    answer = begin(console, kb)

    assert answer.headers["HX-Redirect"] == page_of(kb)
    assert "being reindexed already" in console.get(page_of(kb)).content.decode()


def test_list_and_page_show_the_state(console, kb, job):
    Reindex.objects.update(state=ReindexState.BUILDING, done=1, total=4, rate=12, message="Building words.")

    listed = console.get(f"{LIST}?kb__id__exact={kb.pk}").content.decode()
    page = console.get(page_of(kb)).content.decode()

    for text in ("building", "1 of 4", "25 %", "Building words.", "words in English to words in German"):
        assert text in listed, text
    assert "words in English to words in German" in page
    assert ">building<" in page


@pytest.mark.parametrize(
    ("action", "state", "after"),
    [
        ("pause", "queued", "paused"),
        ("resume", "paused", "queued"),
        ("switch", "ready", "queued"),
        ("rollback", "ready", "rolled_back"),
        ("finish", "switched", "finished"),
    ],
)
def test_actions_do_the_deeds(console, job, action, state, after):
    Reindex.objects.update(state=state, switched_at="2026-01-01T00:00Z" if state == "switched" else None)

    answer = run(console, action, job)

    job.refresh_from_db()
    assert job.state == after
    assert told(answer) == ["1 reindex: done."]
    assert LogEntry.objects.count() == 1


def test_a_deed_that_is_refused_is_told(console, job):
    assert told(run(console, "finish", job)) == [
        "There is nothing to finish: a reindex that was switched is finished, and once."
    ]


def test_who_may_only_look_decides_nothing(console_with, kb, job):
    viewer = console_with("documents.view_reindex", "knowledgebases.view_knowledgebase")

    assert viewer.get(LIST).status_code == 200
    run(viewer, "pause", job)
    begin(viewer, kb)

    job.refresh_from_db()
    assert job.state == ReindexState.QUEUED
    assert Reindex.objects.count() == 1
