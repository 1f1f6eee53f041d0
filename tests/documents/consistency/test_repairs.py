"""What a repair makes of a document, what it leaves alone, and what it says where it cannot repair."""

from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile

from documents import blobs, uploads
from documents.conflicts import Duplicate, OnConflict, Outcome
from documents.consistency import Scope, examine
from documents.consistency.counters import DocumentCounters
from documents.models import Blob, BlobState, Run, Task, TaskState
from knowledgebases.models import Knowledgebase, LexicalRow
from tests.documents.consistency.command import fsck
from tests.documents.consistency.plants import (
    a_running_document_whose_task_is_gone,
    a_wrong_progress,
    bytes_that_are_gone,
    chunks_without_lexical_row,
    document_counters,
    sql,
    vectors_of_another_space,
)

pytestmark = pytest.mark.django_db


def test_a_document_whose_bytes_are_lost_says_so_and_stays_searchable(done):
    bytes_that_are_gone(done)

    fsck("--repair")

    done.refresh_from_db()
    assert (done.run, done.progress) == (Run.FAIL, -1)
    assert "Restore it from a backup" in done.progress_msg
    assert "upload the file again" in done.progress_msg
    assert (done.published_gen, done.chunk_num) == (1, 3)
    assert Blob.objects.get(pk=done.blob_id).state == BlobState.LOST


def test_bytes_that_come_back_are_live_again(done):
    path = Path(default_storage.path(done.blob.key))
    data = path.read_bytes()
    path.unlink()
    fsck("--repair")
    path.write_bytes(data)

    found = fsck("--repair")

    assert [finding["check"] for finding in found[1]] == ["found-bytes"]
    assert Blob.objects.get(pk=done.blob_id).state == BlobState.LIVE
    assert fsck() == (0, [])


@pytest.fixture
def lost(done, owner):
    """Have the file of a document lost, and sent again; returns what became of it, and the document."""
    bytes_that_are_gone(done)
    fsck("--repair")

    def send(asked, name=done.name):
        file = SimpleUploadedFile(name, b"A note about otters.")
        return uploads.add(done.kb, user=owner, files=[file], on_conflict=asked).results[0], done

    return send


def test_a_lost_file_that_is_sent_again_takes_its_place(lost):
    result, document = lost(OnConflict.REPLACE)

    former = document.blob
    document.refresh_from_db()
    former.refresh_from_db()
    assert (result.outcome, result.document) == (Outcome.REPLACED, document)
    assert (document.run, document.published_gen, document.chunk_num) == (Run.RUNNING, 1, 3)
    assert (document.blob.state, former.state) == (BlobState.LIVE, BlobState.DEAD)
    assert default_storage.exists(document.blob.key)
    assert fsck() == (0, [])


@pytest.mark.parametrize(
    ("asked", "name", "outcome", "named"),
    [
        (OnConflict.SKIP, "note.txt", Outcome.KEPT, "note(1).txt"),
        (OnConflict.SKIP, "copy.txt", Outcome.STORED, "copy.txt"),
        (OnConflict.ERROR, "copy.txt", Outcome.STORED, "copy.txt"),
    ],
)
def test_a_lost_file_that_is_sent_again_is_not_said_to_be_there(lost, asked, name, outcome, named):
    result, _ = lost(asked, name)

    assert (result.outcome, result.document.name) == (outcome, named)
    assert default_storage.exists(result.document.blob.key)


def test_an_error_tells_of_a_document_whose_file_is_lost(lost):
    result, document = lost(OnConflict.ERROR)

    assert isinstance(result.error, Duplicate)
    assert f"`note.txt` ({document.pk}), whose file is lost; `on_conflict=replace`" in result.error.message


def test_work_that_was_lost_is_queued_again(done):
    a_running_document_whose_task_is_gone(done)

    fsck("--repair")

    task = Task.objects.open().get()
    done.refresh_from_db()
    assert (task.state, task.gen) == (TaskState.QUEUED, done.gen)


def test_one_dataset_alone_is_looked_at(done, owner):
    other = Knowledgebase.objects.create(tenant=owner.tenant, created_by=owner, name="Other", embd_id=done.kb.embd_id)
    for kb_id in (done.kb_id, other.pk):
        sql("UPDATE rag_knowledgebase SET doc_num = 9 WHERE id = %s", kb_id)

    code, found = fsck(f"--dataset={other.pk}")

    assert code == 1
    assert [finding["key"] for finding in found] == [other.pk]


def test_an_upload_under_way_is_no_finding(owner):
    blob = blobs.store(owner.tenant, ContentFile(b"under way", name="new.txt"))
    default_storage.save("just/being/moved", ContentFile(b"new"))
    Blob.objects.filter(pk=blob.pk).mark(BlobState.LIVE)

    assert list(examine(Scope(grace_seconds=3600))) == []


def test_what_cannot_be_repaired_says_how_it_can(done):
    vectors_of_another_space(done)
    Knowledgebase.objects.filter(pk=done.kb_id).update(embd_id="gone@Nowhere")

    code, found = fsck("--repair")

    assert code == 1
    assert "not set up for this tenant" in "".join(finding["failed"] for finding in found)


def test_a_repair_that_fails_does_not_keep_others_from_theirs(done, monkeypatch):
    document_counters(done)
    a_wrong_progress(done)

    def refuse(self, finding):
        raise OSError("no")

    monkeypatch.setattr(DocumentCounters, "repair", refuse)

    _, found = fsck("--repair")

    assert [(finding["check"], bool(finding["failed"])) for finding in found] == [
        ("document-counters", True),
        ("dataset-counters", False),
        ("runs", False),
    ]


def test_lexical_rows_that_are_missing_need_no_model(done, monkeypatch):
    chunks_without_lexical_row(done)
    monkeypatch.setattr("documents.consistency.search_rows.embedder_for", lambda kb: 1 / 0)

    fsck("--repair")

    assert LexicalRow.objects.filter(document_id=done.pk).count() == 3
