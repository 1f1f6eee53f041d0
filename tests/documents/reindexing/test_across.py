"""Work that began before a dataset changed over to another model, and ends after it."""

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from documents import editing, jobs, queueing, reindexing, uploads
from documents.models import Document, Goal, Run, Task, TaskState
from documents.sandbox import Sandbox
from knowledgebases.models import Chunk, DenseRow
from tests import invariants
from tests.documents.reindexing.conftest import NEW, vector

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def size():
    return 5


@pytest.fixture
def change_over(begun, work, kb):
    """Change the dataset over, now."""

    def change_over():
        begun(goal=Goal.SWITCH)
        assert work().state == "switched"
        kb.refresh_from_db()

    return change_over


@pytest.fixture
def uploaded(kb, owner):
    def uploaded(text, name="heron.txt"):
        return uploads.add_one(kb, user=owner, file=SimpleUploadedFile(name, text.encode()))

    return uploaded


def ingest():
    with Sandbox() as sandbox:
        while task := Task.objects.claim(owner="test", lease_seconds=60):
            jobs.run(task, sandbox)


def rows_of(chunk):
    return {row.space.model_id: row.embedding for row in DenseRow.objects.filter(chunk=chunk).select_related("space")}


def broken():
    with connection.cursor() as cursor:
        return invariants.broken(cursor)


def test_a_document_that_was_embedded_before_is_embedded_anew_without_blame(uploaded, change_over, monkeypatch):
    document = uploaded("A heron stands still.")
    queueing.start([document.pk])
    publish, published = jobs.publishing.publish, []

    def publish_later(task):
        if not published:
            change_over()
        published.append(task.gen)
        publish(task)

    monkeypatch.setattr(jobs.publishing, "publish", publish_later)
    ingest()

    document.refresh_from_db()
    assert published == [1, 2]
    assert (document.run, document.progress, document.published_gen) == (Run.DONE, 1, 2)
    assert "another embedding model" in document.progress_msg
    assert not Task.objects.filter(document=document).exclude(state=TaskState.DONE, faults=0, lost=0).exists()
    assert rows_of(Chunk.objects.get(document=document)).keys() == {NEW}
    assert broken() == []


def test_a_document_that_is_published_while_vectors_are_built_gets_them_too(uploaded, begun, work):
    begun()
    document = uploaded("A heron stands still.")
    queueing.start([document.pk])
    ingest()

    job = reindexing.switch(work())
    job = work()

    assert job.state == "switched"
    assert NEW in rows_of(Chunk.objects.get(document=document))
    assert broken() == []


def test_a_document_that_is_parsed_again_keeps_vectors_of_what_is_the_same(uploaded, begun, work, models, kb):
    document = uploaded("A heron stands still.")
    queueing.start([document.pk])
    ingest()
    begun()
    work()
    models.asked.clear()

    queueing.start([document.pk])
    ingest()

    assert not models.texts("old")
    assert rows_of(Chunk.objects.get(document=document)).keys() == {kb.embd_id, NEW}


def test_a_document_that_is_parsed_again_after_the_switch_embeds_nothing_again(uploaded, change_over, models):
    document = uploaded("A heron stands still.")
    queueing.start([document.pk])
    ingest()
    change_over()
    models.asked.clear()

    queueing.start([document.pk])
    ingest()

    assert Document.objects.get(pk=document.pk).run == Run.DONE
    assert not models.texts("new")
    assert broken() == []


@pytest.mark.parametrize("deed", ["add", "change"])
def test_an_edit_whose_text_was_embedded_before_is_embedded_anew(filled, change_over, monkeypatch, deed):
    embedded, done = editing._embedded, []

    def embed_and_change_over(document, text):
        found = embedded(document, text)
        if not done:
            done.append(True)
            change_over()
        return found

    monkeypatch.setattr(editing, "_embedded", embed_and_change_over)
    if deed == "add":
        chunk = editing.add(filled, "a heron")
    else:
        chunk = editing.change(filled, Chunk.objects.order_by("seq").first(), editing.Change(content="a heron"))

    assert np.allclose(rows_of(chunk)[NEW], vector("new", "a heron"), atol=1e-2)
    assert broken() == []


def test_a_model_that_changed_by_itself_is_told_as_ever(uploaded, filled, monkeypatch):
    document = uploaded("A heron stands still.")
    queueing.start([document.pk])
    monkeypatch.setattr("knowledgebases.embedders.openai.OpenAIEmbedder.revision", "another")

    ingest()

    document.refresh_from_db()
    assert document.run == Run.FAIL
    assert "reindex" in document.progress_msg
