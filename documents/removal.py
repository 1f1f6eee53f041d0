"""Taking documents and datasets away: invisible at once, cleared up by the sweeper."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from django.utils import timezone

from documents.models import Blob, BlobState, Document, File, Stage, Task, TaskState
from documents.models.file import DATASET_SOURCE
from knowledgebases.models import Chunk
from system.transactions import retried

BATCH = 500  # documents of one transaction
CHUNKS = 20_000  # chunks of one transaction, unless a single document has more


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
    Stage.objects.filter(task__document__in=ids).delete()
    Chunk.objects.filter(document__in=ids).delete()
    Document.objects.filter(pk__in=ids).update(deleted_at=now, file=None)
    _release_files([document.file_id for document in documents if document.file_id])
    _release_blobs([document.blob_id for document in documents if document.blob_id])
    return len(documents)


def remove_many(document_ids: Sequence[str]) -> int:
    """Remove any number of living documents, in transactions of bounded size; returns how many there were."""
    sizes: dict[str, int] = {}
    for start in range(0, len(document_ids), BATCH):
        rows = Document.objects.filter(pk__in=document_ids[start : start + BATCH], deleted_at=None)
        sizes.update(rows.values_list("pk", "chunk_num"))
    return sum(remove(batch) for batch in _batches(sizes))


def clear_dataset(kb_id: str) -> int:
    """Remove some documents of a deleted dataset, as many as one transaction takes; returns how many."""
    rows = Document.objects.filter(kb=kb_id, deleted_at=None).order_by("pk")
    batch = next(_batches(dict(rows.values_list("pk", "chunk_num")[:BATCH])), [])
    return remove(batch)


def _batches(sizes: Mapping[str, int]) -> Iterator[list[str]]:
    """Ids parted so that each part has at most BATCH documents and, but for one large document, CHUNKS chunks."""
    batch: list[str] = []
    chunks = 0
    for pk, size in sizes.items():
        if batch and (len(batch) == BATCH or chunks + size > CHUNKS):
            yield batch
            batch, chunks = [], 0
        batch.append(pk)
        chunks += size
    if batch:
        yield batch


def _release_files(file_ids: Collection[str]) -> None:
    """Delete the entries that uploads made for the documents; a file that somebody put there themselves stays."""
    File.objects.filter(pk__in=file_ids, source_type=DATASET_SOURCE, documents=None).delete()


def _release_blobs(blob_ids: Collection[str]) -> None:
    """Mark the bytes dead that no file and no living document needs."""
    needed = Document.objects.filter(deleted_at=None, blob__in=blob_ids).values("blob")
    Blob.objects.filter(pk__in=blob_ids, files=None).exclude(pk__in=needed).mark(BlobState.DEAD)
