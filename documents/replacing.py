"""Other bytes for a document that is there already."""

from documents import blobs, filetypes, queueing
from documents.models import Blob, BlobState, Document, File, Run
from documents.models.file import DATASET_SOURCE
from documents.progress import locked

# Documents that somebody wants to have parsed; what was stopped, and never published, stays so.
_WANTED = {Run.RUNNING, Run.DONE, Run.FAIL}


def replace(document: Document, *, blob: Blob, location: str) -> Document | None:
    """Give a document the bytes of `blob`, in the caller's transaction; None where it is gone, or called otherwise now.

    It keeps its id, name, config and metadata. Where it was parsed, or was about to be, a new generation is begun:
    work on the bytes of before is canceled, the chunks made of them stay searchable until the new ones are complete,
    and those that people made stay for good. The former bytes die with this transaction.
    """
    current = locked(document.pk)
    if current is None or current.name != document.name:
        return None
    former = [blob_id for blob_id in (current.blob_id, current.thumbnail_blob_id) if blob_id]
    current.blob, current.size, current.sha256 = blob, blob.size, blob.sha256
    current.thumbnail, current.thumbnail_blob = "", None
    current.type, current.location = filetypes.kind_of(current.name), location
    columns = ["blob", "size", "sha256", "thumbnail", "thumbnail_blob", "type", "location"]
    current.save(update_fields=columns)
    entry = File.objects.filter(pk=current.file_id, source_type=DATASET_SOURCE)
    entry.update(blob=blob, size=blob.size, type=current.type)
    Blob.objects.filter(pk=blob.pk).mark(BlobState.LIVE)
    blobs.release(former)
    if current.run in _WANTED or current.published_gen:
        queueing.start([current.pk])
    current.refresh_from_db()
    return current
