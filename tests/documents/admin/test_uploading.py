import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from documents.models import Document, Run

PAGE = "/admin/documents/document/add/"


def files(*names, content=b"Otters swim."):
    return [SimpleUploadedFile(name, content) for name in names]


def messages(response):
    return [message.message for message in response.context["messages"]]


def results(response):
    """Of each file its name, what became of it, and the first words of what is told."""
    words = [re.sub("<.*?>", "", told).split()[:4] for _, _, told in response.context["rows"]]
    return [
        (result.name, re.sub("<.*?>", "", badge), " ".join(first))
        for (result, badge, _), first in zip(response.context["rows"], words, strict=True)
    ]


def test_files_are_stored_and_parsed(console, operator, kb):
    console.post(PAGE, {"kb": kb.pk, "file": files("a.txt", "b.md"), "parse": "on"})

    documents = Document.objects.order_by("name")
    assert [(one.name, one.kb, one.created_by, one.run) for one in documents] == [
        ("a.txt", kb, operator, Run.RUNNING),
        ("b.md", kb, operator, Run.RUNNING),
    ]
    assert [one.size for one in documents] == [12, 12]


def test_parsing_can_wait(console, kb):
    console.post(PAGE, {"kb": kb.pk, "file": files("a.txt")})

    assert Document.objects.get().run == Run.UNSTART


def test_a_refused_file_is_told_and_keeps_no_other_out(console, kb):
    shown = console.post(PAGE, {"kb": kb.pk, "file": files("tool.exe", "a.txt")}, follow=True)

    assert Document.objects.get().name == "a.txt"
    assert messages(shown)[0].startswith("1 file uploaded")
    assert results(shown) == [("tool.exe", "refused", "This type of file"), ("a.txt", "stored", "a.txt")]


def test_a_file_beyond_the_limit_is_told_before_it_is_stored(console, kb, settings):
    settings.RAG_UPLOAD_BYTES = 1 << 10

    shown = console.post(PAGE, {"kb": kb.pk, "file": files("big.txt", content=b"x" * 2000)}, follow=True)

    assert "`big.txt` is larger" in messages(shown)[0]
    assert not Document.objects.exists()


@pytest.mark.parametrize("sent", [{}, {"kb": "unknown"}], ids=["nothing", "unknown dataset"])
def test_what_is_missing_is_asked_for(console, kb, sent):
    shown = console.post(PAGE, sent)

    assert shown.context["form"].errors
    assert not Document.objects.exists()


def test_a_deleted_dataset_takes_nothing(console, kb):
    type(kb).objects.update(deleted_at=kb.created_at)

    console.post(PAGE, {"kb": kb.pk, "file": files("a.txt")})

    assert not Document.objects.exists()


def test_without_the_forms_token_nothing_is_taken(operator, kb):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(operator, backend="django.contrib.auth.backends.ModelBackend")

    answer = browser.post(PAGE, {"kb": kb.pk, "file": files("a.txt")})

    assert answer.status_code == 403
    assert not Document.objects.exists()


def test_with_the_forms_token_files_are_taken(operator, kb):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(operator, backend="django.contrib.auth.backends.ModelBackend")
    browser.get(PAGE)

    token = browser.cookies["csrftoken"].value
    browser.post(PAGE, {"kb": kb.pk, "file": files("a.txt"), "csrfmiddlewaretoken": token})

    assert Document.objects.exists()


def test_who_may_not_add_documents_uploads_none(console_with, kb):
    viewer = console_with("documents.view_document")

    assert viewer.get(PAGE).status_code == 403
    assert viewer.post(PAGE, {"kb": kb.pk, "file": files("a.txt")}).status_code == 403


def test_strangers_are_sent_to_the_login(db):
    assert Client().get(PAGE).headers["Location"].startswith("/admin/login/")


def test_without_a_dataset_the_page_leads_to_one(console):
    assert "Add a dataset" in console.get(PAGE).content.decode()


def test_a_file_that_could_not_be_stored_is_told(console, kb, full_disk):
    full_disk()

    shown = console.post(PAGE, {"kb": kb.pk, "file": files("a.txt")}, follow=True)

    assert messages(shown) == []
    assert results(shown) == [("a.txt", "refused", "The file could not")]
    assert not Document.objects.exists()


@pytest.mark.parametrize(
    ("asked", "result", "content"),
    [("keep", "kept", "a(1).txt"), ("skip", "skipped", "a.txt"), ("error", "refused", "The dataset has `a.txt`")],
)
def test_a_file_that_is_there_is_told_with_what_became_of_it(console, kb, asked, result, content):
    console.post(PAGE, {"kb": kb.pk, "file": files("a.txt")})

    shown = console.post(PAGE, {"kb": kb.pk, "file": files("a.txt", "b.txt"), "on_conflict": asked})

    assert shown.status_code == 200
    assert results(shown)[0] == ("a.txt", result, content)


def test_a_replaced_document_has_it_in_its_history_and_is_started_once(console, kb):
    console.post(PAGE, {"kb": kb.pk, "file": files("a.txt"), "parse": "on"})

    console.post(
        PAGE, {"kb": kb.pk, "file": files("a.txt", content=b"Moles."), "on_conflict": "replace", "parse": "on"}
    )

    document = Document.objects.get()
    assert (document.size, document.gen, document.run) == (6, 2, Run.RUNNING)
    history = console.get(f"/admin/documents/document/{document.pk}/history/").content.decode()
    assert "Replaced by an upload." in history


def test_a_skipped_file_starts_nothing(console, kb):
    console.post(PAGE, {"kb": kb.pk, "file": files("a.txt")})

    console.post(PAGE, {"kb": kb.pk, "file": files("b.txt"), "on_conflict": "skip", "parse": "on"})

    assert Document.objects.get().run == Run.UNSTART


def test_names_of_files_are_shown_as_text(console, kb):
    shown = console.post(PAGE, {"kb": kb.pk, "file": files("<b>tool.exe")})

    assert "&lt;b&gt;tool.exe" in shown.content.decode()
    assert "<b>tool" not in shown.content.decode()


def test_files_are_told_to_be_stored_where_the_queue_has_no_room_for_them(console, kb, settings):
    settings.RAG_QUOTAS = settings.RAG_QUOTAS | {"queued_documents": 1}

    shown = console.post(PAGE, {"kb": kb.pk, "file": files("a.txt", "b.txt"), "parse": "on"}, follow=True)

    assert [one.run for one in Document.objects.all()] == [Run.UNSTART, Run.UNSTART]
    stored, refused = messages(shown)
    assert stored.startswith("2 files uploaded")
    assert "may have 1 documents being processed" in refused
