"""Each inconsistency that can be planted is found, repaired, and then gone."""

import json
from datetime import timedelta
from pathlib import Path

import pgtrigger
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from documents import blobs, queueing
from documents.consistency import Scope, examine
from documents.consistency.counters import DocumentCounters
from documents.models import Blob, BlobState, Document, File, Run, Stage, Task, TaskState
from knowledgebases.models import Chunk, DenseRow, EmbeddingSpace, Knowledgebase, LexicalRow
from tests import invariants

pytestmark = pytest.mark.django_db


def sql(statement, *parameters):
    """Run a statement that no trigger sees."""
    with connection.cursor() as cursor, pgtrigger.ignore():
        cursor.execute(statement, parameters)


def document_counters(done):
    sql("UPDATE rag_document SET chunk_num = chunk_num + 40, token_num = 0 WHERE id = %s", done.pk)


def document_counters_with_those_of_the_dataset(done):
    Document.objects.filter(pk=done.pk).update(chunk_num=40)


def dataset_counters(done):
    sql("UPDATE rag_knowledgebase SET doc_num = 5, token_num = 7 WHERE id = %s", done.kb_id)


def chunks_of_a_deleted_document(done):
    sql("UPDATE rag_document SET deleted_at = now() WHERE id = %s", done.pk)


def chunks_of_a_generation_that_is_not_published(done):
    Chunk.objects.filter(document=done, seq=1).update(gen=7)


def chunks_without_lexical_row(done):
    sql("DELETE FROM rag_chunk_lexical WHERE document_id = %s", done.pk)


def chunks_without_vector(done):
    sql("DELETE FROM rag_chunk_dense WHERE document_id = %s", done.pk)


def index_rows_without_chunk(done):
    sql("DELETE FROM rag_chunk WHERE document_id = %s AND seq = 0", done.pk)


def index_rows_of_another_availability(done):
    sql("UPDATE rag_chunk_dense SET available = false WHERE document_id = %s", done.pk)


def document_frequencies(done):
    sql("UPDATE rag_term_delta SET dfs[1] = dfs[1] + 3 WHERE kb_id = %s", done.kb_id)
    sql(
        "INSERT INTO rag_term_frequency (kb_id, term, df) SELECT %s, generate_series(1, 50), 2",
        done.kb_id,
    )


def lexical_totals(done):
    sql("INSERT INTO rag_lexical_total (kb_id, chunks, length) VALUES (%s, -9, 1000)", done.kb_id)


def statistics_of_a_dataset_that_is_gone(done):
    sql("INSERT INTO rag_term_frequency (kb_id, term, df) VALUES ('gone', 1, 1)")


def vectors_of_another_space(done):
    other = EmbeddingSpace.objects.create(model_id="other", revision="2", dimension=384, floor=0)
    DenseRow.objects.filter(document_id=done.pk).update(space=other)


def a_dataset_without_the_space_of_its_vectors(done):
    Knowledgebase.objects.filter(pk=done.kb_id).update(space=None)


def staged_pieces_of_a_document_that_is_done(done):
    Stage.objects.create(task=done.tasks.get(), seq=9, chunk={}, digest="")


def an_open_task_of_a_generation_that_was_given_up(done):
    Task.objects.create(document=done, kb=done.kb, tenant=done.kb.tenant, gen=done.gen + 4, state=TaskState.QUEUED)


def an_open_task_of_a_deleted_document(done):
    queueing.start([done.pk])
    sql("UPDATE rag_document SET deleted_at = now() WHERE id = %s", done.pk)
    Chunk.objects.filter(document=done).delete()


def a_running_document_whose_task_is_gone(done):
    queueing.start([done.pk])
    Task.objects.open().delete()


def a_running_document_whose_task_has_ended(done):
    Document.objects.filter(pk=done.pk).update(run=Run.RUNNING, progress=0.4)


def a_document_that_failed_for_no_task(done):
    Document.objects.filter(pk=done.pk).update(run=Run.FAIL, progress=-1)


def a_document_that_is_done_and_not_published(done):
    Document.objects.filter(pk=done.pk).update(published_gen=0)
    Chunk.objects.filter(document=done).delete()


def a_wrong_progress(done):
    Document.objects.filter(pk=done.pk).update(progress=0.5)


def a_running_task_without_lease(done):
    queueing.start([done.pk])
    Task.objects.claim(owner="gone", lease_seconds=60)
    Task.objects.open().update(lease_until=None)


def a_lease_on_a_task_that_has_ended(done):
    Task.objects.update(lease_until=timezone.now())


def bytes_that_are_gone(done):
    default_storage.delete(done.blob.key)


def bytes_of_another_size(done):
    Path(default_storage.path(done.blob.key)).write_bytes(b"short")


def bytes_that_were_changed(done):
    path = Path(default_storage.path(done.blob.key))
    path.write_bytes(path.read_bytes()[::-1])


def needed_bytes_that_are_dead(done):
    Blob.objects.filter(pk=done.blob_id).mark(BlobState.DEAD)


def a_live_row_that_nothing_needs(done):
    blob = blobs.store(done.kb.tenant, ContentFile(b"orphan", name="orphan"))
    Blob.objects.filter(pk=blob.pk).update(state=BlobState.LIVE, changed_at=timezone.now() - timedelta(days=1))


def bytes_without_a_row(done):
    default_storage.save("some/where/stray", ContentFile(b"stray"))


def a_picture_whose_bytes_are_dead(done):
    blob = blobs.store(done.kb.tenant, ContentFile(b"png", name="thumbnail.png"))
    Blob.objects.filter(pk=blob.pk).mark(BlobState.LOST)
    Document.objects.filter(pk=done.pk).update(thumbnail="thumbnail.png", thumbnail_blob=blob)


def a_picture_whose_bytes_are_gone(done):
    blob = blobs.store(done.kb.tenant, ContentFile(b"png", name="thumbnail.png"))
    Blob.objects.filter(pk=blob.pk).mark(BlobState.LIVE)
    Document.objects.filter(pk=done.pk).update(thumbnail="thumbnail.png", thumbnail_blob=blob)
    default_storage.delete(blob.key)


def a_file_without_its_document(done):
    Document.objects.filter(pk=done.pk).update(file=None)
    assert File.objects.filter(pk=done.file_id).exists()


PLANTED = [
    (document_counters, "document-counters"),
    (document_counters_with_those_of_the_dataset, "document-counters"),
    (dataset_counters, "dataset-counters"),
    (chunks_of_a_deleted_document, "orphan-chunks"),
    (chunks_of_a_generation_that_is_not_published, "orphan-chunks"),
    (chunks_without_lexical_row, "unindexed-chunks"),
    (chunks_without_vector, "unindexed-chunks"),
    (index_rows_without_chunk, "stray-index-rows"),
    (index_rows_of_another_availability, "search-scopes"),
    (document_frequencies, "lexical-statistics"),
    (lexical_totals, "lexical-statistics"),
    (statistics_of_a_dataset_that_is_gone, "lexical-statistics"),
    (vectors_of_another_space, "embedding-spaces"),
    (a_dataset_without_the_space_of_its_vectors, "embedding-spaces"),
    (staged_pieces_of_a_document_that_is_done, "orphan-stages"),
    (an_open_task_of_a_generation_that_was_given_up, "dead-tasks"),
    (an_open_task_of_a_deleted_document, "dead-tasks"),
    (a_running_document_whose_task_is_gone, "runs"),
    (a_running_document_whose_task_has_ended, "runs"),
    (a_document_that_failed_for_no_task, "runs"),
    (a_document_that_is_done_and_not_published, "runs"),
    (a_wrong_progress, "runs"),
    (a_running_task_without_lease, "leases"),
    (a_lease_on_a_task_that_has_ended, "leases"),
    (bytes_that_are_gone, "stored-bytes"),
    (bytes_of_another_size, "stored-bytes"),
    (bytes_that_were_changed, "stored-bytes"),
    (needed_bytes_that_are_dead, "needed-bytes"),
    (a_live_row_that_nothing_needs, "unneeded-bytes"),
    (bytes_without_a_row, "unknown-bytes"),
    (a_picture_whose_bytes_are_dead, "thumbnails"),
    (a_picture_whose_bytes_are_gone, "stored-bytes"),
    (a_file_without_its_document, "orphan-files"),
]


def fsck(*options):
    """Exit code and findings of the command."""
    lines = []

    class Out:
        def write(self, text):
            lines.extend(text.splitlines())

    try:
        call_command("fsck", "--json", "--grace=0", "--checksums", *options, stdout=Out())
        code = 0
    except SystemExit as end:
        code = end.code
    *found, summary = map(json.loads, lines)
    assert summary["findings"] == len(found)
    return code, found


def test_a_sound_site_has_no_findings(done):
    assert fsck() == (0, [])


@pytest.mark.parametrize(("plant", "check"), PLANTED, ids=[plant.__name__ for plant, _ in PLANTED])
def test_what_is_planted_is_found_repaired_and_gone(done, plant, check):
    plant(done)

    found = fsck()
    again = fsck()
    repaired = fsck("--repair")

    assert found[0] == 1
    assert check in {finding["check"] for finding in found[1]}
    assert again == found  # looking changes nothing
    assert repaired[0] == 1
    assert not [finding for finding in repaired[1] if finding["failed"]]
    assert fsck("--repair") == fsck() == (0, [])
    with connection.cursor() as cursor:
        assert invariants.broken(cursor) == []


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
    assert "not set up for this tenant" in found[0]["failed"]


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
