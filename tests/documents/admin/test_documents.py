import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from documents import queueing
from documents.models import Document, Run, Task, TaskState
from documents.progress import fail_or_retry
from system.errors import Misconfigured
from tests.factories import DocumentFactory, KnowledgebaseFactory

LIST = "/admin/documents/document/"
EVIL = "<script>alert(1)<script>.txt"


def page(document):
    return reverse("admin:documents_document_change", args=[document.pk])


def run(console, action, *documents):
    return console.post(LIST, {"action": action, "_selected_action": [document.pk for document in documents]})


def test_parsing_is_started_for_all_that_are_selected(console, upload):
    documents = [upload("a.txt"), upload("b.txt")]

    run(console, "parse", *documents)

    assert {document.run for document in Document.objects.all()} == {Run.RUNNING}
    assert Task.objects.filter(state=TaskState.QUEUED).count() == 2


def test_parsing_is_stopped(console, document):
    queueing.start([document.pk])

    run(console, "stop", document)

    assert Document.objects.get().run == Run.CANCEL
    assert Task.objects.get().state == TaskState.CANCELED


@pytest.mark.parametrize(("action", "run"), [("parse_this", Run.RUNNING), ("stop_this", Run.CANCEL)])
def test_a_document_is_started_and_stopped_on_its_page_after_a_question(console, document, action, run):
    if action == "stop_this":
        queueing.start([document.pk])
    before = Document.objects.get().run
    url = reverse(f"admin:documents_document_{action}", args=[document.pk])

    console.get(url)
    assert Document.objects.get().run == before

    answer = console.post(url, {"_form_submitted": "on"})
    assert answer.headers["HX-Redirect"] == page(document)
    assert Document.objects.get().run == run


@pytest.mark.parametrize("way", ["page", "list"])
def test_deleting_is_the_removal_of_the_api(console, claimed, stage, document, way):
    stage(claimed(), ["one", "two"])

    if way == "page":
        console.post(reverse("admin:documents_document_delete", args=[document.pk]), {"post": "yes"})
    else:
        selected = {"action": "delete_selected", "_selected_action": [document.pk], "post": "yes"}
        console.post(LIST, selected)

    document.refresh_from_db()
    assert document.deleted_at is not None
    assert Task.objects.get().state == TaskState.CANCELED
    assert not console.get(LIST).context["cl"].result_count


def test_the_list_shows_what_the_worker_says_at_this_moment(console, claimed, document):
    task = claimed()
    task.beat(lease_seconds=60, progress=0.42, message="Embedding 42/100 chunks.")

    shown = console.get(LIST).content.decode()

    assert 'value="42"' in shown
    assert "Embedding 42/100 chunks." in shown
    assert f'data-live="{document.pk}:run" data-running' in shown


def test_a_name_is_text_whatever_it_holds(console, upload):
    document = upload(EVIL)

    for url in (LIST, page(document), reverse("admin:documents_document_delete", args=[document.pk])):
        shown = console.get(url).content.decode()
        assert EVIL not in shown
        assert "&lt;script&gt;" in shown


def test_who_may_only_look_is_offered_nothing_and_can_do_nothing(console_with, document):
    viewer = console_with("documents.view_document")

    shown = viewer.get(LIST)
    run(viewer, "parse", document)
    run(viewer, "retry", document)
    viewer.post(LIST, {"action": "delete_selected", "_selected_action": [document.pk], "post": "yes"})
    answers = [
        viewer.post(reverse(f"admin:documents_document_{name}", args=[document.pk]), {"_form_submitted": "on"})
        for name in ("parse_this", "stop_this", "delete")
    ]

    assert shown.status_code == 200
    assert 'name="action"' not in shown.content.decode()
    assert {answer.status_code for answer in answers} == {403}
    document.refresh_from_db()
    assert (document.run, document.deleted_at) == (Run.UNSTART, None)


def test_nothing_on_the_page_can_be_edited(console, document):
    assert console.post(page(document), {"name": "renamed", "chunk_num": 9}).status_code == 403


def test_documents_are_filtered_by_state_and_dataset(console, owner):
    here, there = KnowledgebaseFactory(owner=owner), KnowledgebaseFactory(owner=owner)
    failed = DocumentFactory(kb=here, run=Run.FAIL)
    DocumentFactory(kb=here, run=Run.DONE)
    DocumentFactory(kb=there, run=Run.FAIL)

    shown = console.get(LIST, {"kb__id__exact": here.pk, "run__exact": Run.FAIL.value})

    assert list(shown.context["cl"].queryset) == [failed]


@pytest.mark.parametrize("count", [5, 50])
def test_the_list_costs_the_same_for_few_and_many(console, owner, count, django_assert_max_num_queries):
    kb = KnowledgebaseFactory(owner=owner)
    queueing.start([DocumentFactory(kb=kb).pk for _ in range(count)])

    with django_assert_max_num_queries(8):
        shown = console.get(LIST)

    assert shown.content.decode().count("data-running") == count


def test_an_empty_list_says_what_to_do(console):
    assert "Upload files into a dataset." in console.get(LIST).content.decode()


def test_failed_documents_among_the_selected_are_retried(console, upload, claimed):
    failed, idle = upload("a.txt"), upload("b.txt")
    fail_or_retry(claimed(failed), Misconfigured("The model is not set up."))

    run(console, "retry", failed, idle)

    assert Task.objects.open().get().document == failed
    assert list(LogEntry.objects.values_list("object_id", "change_message")) == [(failed.pk, "Parsing retried.")]


def test_only_what_was_stopped_is_noted(console, upload):
    running, idle = upload("a.txt"), upload("b.txt")
    queueing.start([running.pk])

    run(console, "stop", running, idle)

    assert list(LogEntry.objects.values_list("object_id", "change_message")) == [(running.pk, "Parsing stopped.")]


@pytest.mark.parametrize("action", ["parse", "retry"])
def test_what_the_queue_has_no_room_for_is_told(console, upload, settings, action):
    settings.RAG_QUOTAS = settings.RAG_QUOTAS | {"queued_documents": 1}
    documents = [upload("a.txt"), upload("b.txt")]
    Document.objects.update(run=Run.FAIL)

    assert run(console, action, *documents).status_code == 302

    (told,) = [message.message for message in console.get(LIST).context["messages"]]
    assert "may have 1 documents being processed" in told
    assert not Task.objects.exists()


def test_what_the_queue_has_no_room_for_is_told_on_the_page_too(console, document, settings):
    settings.RAG_QUOTAS = settings.RAG_QUOTAS | {"queued_bytes": 1}

    answer = console.post(reverse("admin:documents_document_parse_this", args=[document.pk]), {"_form_submitted": "on"})

    assert answer.headers["HX-Redirect"] == page(document)
    (told,) = [message.message for message in console.get(page(document)).context["messages"]]
    assert "bytes of documents being processed" in told
