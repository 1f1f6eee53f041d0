"""Inconsistencies to plant, each on a document that is done, and the check that finds it."""

from datetime import timedelta
from pathlib import Path

import pgtrigger
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone

from documents import blobs, queueing
from documents.models import Blob, BlobState, Document, File, Run, Stage, Task, TaskState
from knowledgebases.models import Chunk, EmbeddingSpace, Knowledgebase


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


def _other_space():
    return EmbeddingSpace.objects.create(model_id="other", revision="2", dimension=384, floor=0)


def vectors_of_another_space(done):
    sql("UPDATE rag_chunk_dense SET space_id = %s WHERE document_id = %s", _other_space().pk, done.pk)


def vectors_of_a_space_that_no_reindex_builds(done):
    sql(
        "INSERT INTO rag_chunk_dense (chunk_id, kb_id, document_id, available, space_id, embedding)"
        " SELECT chunk_id, kb_id, document_id, available, %s, embedding FROM rag_chunk_dense",
        _other_space().pk,
    )


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
    (vectors_of_a_space_that_no_reindex_builds, "embedding-spaces"),
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
