import pytest
from django.core.files.storage import default_storage

from documents import batches, removal, sweeping
from documents.models import Blob, BlobState, Document, File, Task, TaskState
from knowledgebases.models import Chunk, Knowledgebase

pytestmark = pytest.mark.django_db


def test_a_removed_document_is_gone_at_once_with_all_that_hangs_on_it(document, kb, claimed, stage):
    task = claimed()
    stage(task, ["text"])

    removed = removal.remove([document.pk])

    task.refresh_from_db()
    kb.refresh()
    assert removed == 1
    assert not Document.objects.live().exists()
    assert (task.state, task.stages.count(), Chunk.objects.count()) == (TaskState.CANCELED, 0, 0)
    assert (kb.doc_num, kb.chunk_num, kb.token_num) == (0, 0, 0)
    assert Blob.objects.get().state == BlobState.DEAD
    assert not File.objects.filter(pk=document.file_id).exists()


def test_removing_twice_counts_once(document, kb):
    removal.remove([document.pk])

    assert removal.remove([document.pk]) == 0
    assert kb.refresh().doc_num == 0


def test_many_are_removed_in_transactions_of_bounded_size(upload, kb, monkeypatch):
    documents = [upload(f"{number}.txt") for number in range(5)]
    taken = []
    real = removal.remove
    monkeypatch.setattr(removal, "remove", lambda ids: taken.append(len(ids)) or real(ids))
    monkeypatch.setattr(batches, "DOCUMENTS", 2)

    assert removal.remove_many([document.pk for document in documents]) == 5

    assert taken == [2, 2, 1]
    assert kb.refresh().doc_num == 0


def test_the_name_of_a_removed_document_is_free_again(document, upload):
    removal.remove([document.pk])

    assert upload(document.name).name == document.name


def test_bytes_that_another_document_needs_stay(document, kb, owner):
    Document.objects.create(
        kb=kb, created_by=owner, name="copy.txt", blob=document.blob, type="doc", suffix="txt", size=document.size
    )

    removal.remove([document.pk])

    assert Blob.objects.get().state == BlobState.LIVE


def test_the_sweeper_takes_bytes_and_rows_of_the_removed(document, settings):
    settings.RAG_BLOB_GRACE_SECONDS = 0
    key = document.blob.key
    assert default_storage.exists(key)

    removal.remove([document.pk])
    sweeping.sweep()

    assert not default_storage.exists(key)
    assert not Document.objects.exists()
    assert not Task.objects.exists()
    assert not Blob.objects.exists()


def test_the_sweeper_empties_a_deleted_dataset(upload, kb, django_assert_max_num_queries):
    from django.utils import timezone

    for number in range(3):
        upload(f"{number}.txt")
    Knowledgebase.objects.filter(pk=kb.pk).update(deleted_at=timezone.now())
    assert not Document.objects.live().exists()

    for _ in range(3):
        sweeping.sweep()

    assert not Knowledgebase.objects.exists()
    assert not Document.objects.exists()
