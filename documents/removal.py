"""Taking documents and datasets away: invisible at once, cleared up by the sweeper."""

from collections.abc import Collection, Sequence

from django.utils import timezone

from documents import batches, blobs
from documents.models import Document, File, Stage, Task, TaskState
from documents.models.file import DATASET_SOURCE
from knowledgebases.models import Chunk
from system.transactions import retried


@retried
def remove(document_ids: Collection[str]) -> int:
    """Remove living documents; returns how many there were.

    One transaction: tombstone, tasks canceled, chunks and their search rows gone, counters down. A worker that is at
    one of them fails its next heartbeat. Bytes are left to the sweeper.
    """
    rows = Document.objects.filter(pk__in=document_ids, deleted_at=None)
    documents = list(rows.select_for_update(no_key=True).order_by("pk"))
    if not documents:
        return 0
    ids = [document.pk for document in documents]
    now = timezone.now()
    Task.objects.open().filter(document__in=ids).update(state=TaskState.CANCELED, finished_at=now, lease_until=None)
    batches.allow(sum(document.chunk_num for document in documents))
    Stage.objects.filter(task__document__in=ids).delete()
    Chunk.objects.filter(document__in=ids).delete()
    Document.objects.filter(pk__in=ids).update(deleted_at=now, file=None)
    _release_files([document.file_id for document in documents if document.file_id])
    own = [(document.blob_id, document.thumbnail_blob_id) for document in documents]
    blobs.release([blob_id for pair in own for blob_id in pair if blob_id])
    return len(documents)


def remove_many(document_ids: Sequence[str]) -> int:
    """Remove any number of living documents, in transactions of bounded size; returns how many there were."""
    return sum(remove(batch) for batch in batches.of_living(document_ids))


def clear_dataset(kb_id: str) -> int:
    """Remove some documents of a deleted dataset, as many as one transaction takes; returns how many."""
    rows = Document.objects.filter(kb=kb_id, deleted_at=None).order_by("pk")
    batch = next(batches.of_sizes(dict(rows.values_list("pk", "chunk_num")[: batches.DOCUMENTS])), [])
    return remove(batch)


def _release_files(file_ids: Collection[str]) -> None:
    """Delete the entries that uploads made for the documents; a file that somebody put there themselves stays."""
    File.objects.filter(pk__in=file_ids, source_type=DATASET_SOURCE, documents=None).delete()
