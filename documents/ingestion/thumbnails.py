"""The small picture of a document, drawn by the parser child while the document is parsed.

The child hands over bare pixels, in the number that was asked for; what browsers get is a PNG made of them here. So no
byte of a stranger's file ever reaches a browser, or a decoder outside the child.
"""

import io
import logging

from django.core.files.base import ContentFile
from PIL import Image

from documents import blobs
from documents.leases import Lease, LeaseLost
from documents.models import Blob, BlobState, Document, Task, TaskState
from documents.parsers.base import Picture
from documents.progress import locked
from documents.sandbox import Sandbox
from system.errors import DocumentFault, Unavailable
from system.transactions import retried

log = logging.getLogger(__name__)

SIDE = 256  # pixels, of the longer side
SECONDS = 10.0  # to draw one


def make(document: Document, path: str, *, lease: Lease[Task], sandbox: Sandbox) -> None:
    """Draw the file at `path` and make that the document's thumbnail, in place of the one before.

    Goes without where there is nothing to draw, or drawing or storing fails: the text is what matters. Raises
    ParseInterrupted and LeaseLost where the task is no longer ours.
    """
    try:
        picture = sandbox.draw(path, name=document.name, side=SIDE, alive=lambda: lease.alive, timeout=SECONDS)
        if picture is None:
            return
        blob = blobs.store(document.kb.tenant, ContentFile(_png(picture), name="thumbnail.png"))
    except (DocumentFault, Unavailable, OSError) as error:
        log.info("document %s goes without a thumbnail: %s", document.pk, error)
    else:
        _attach(lease.task, blob)


def _png(picture: Picture) -> bytes:
    data = io.BytesIO()
    Image.frombytes("RGB", (picture.width, picture.height), picture.pixels).save(data, "PNG", compress_level=3)
    return data.getvalue()


@retried
def _attach(task: Task, blob: Blob) -> None:
    document = locked(task.document_id, gen=task.gen)
    mine = Task.objects.filter(pk=task.pk, fence=task.fence, state=TaskState.RUNNING)
    if document is None or not mine.exists():
        raise LeaseLost(str(task))
    former = document.thumbnail_blob_id
    document.thumbnail, document.thumbnail_blob = f"thumbnail_{document.pk}.png", blob
    document.save(update_fields=["thumbnail", "thumbnail_blob"])
    Blob.objects.filter(pk=blob.pk).mark(BlobState.LIVE)
    blobs.release([former] if former else [])
