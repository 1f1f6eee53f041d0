"""What becomes of a document whose file is lost: it says so, and how to help it."""

from django.utils import timezone

from documents import progress, queueing
from documents.models import Blob, BlobState, Document, Task, TaskState
from system.transactions import retried

_CURE = (
    "The stored file is lost or damaged ({}). Restore it from a backup and run `manage.py fsck --repair`, or upload the"
    " file again; what was parsed before stays searchable."
)


@retried
def lose(blob: Blob, what: str) -> str:
    """Mark the row lost, fail the living documents that it is the file of, and take it away where it is a picture."""
    message = f"[ERROR] {_CURE.format(what)}"
    owners = Document.objects.filter(blob=blob, deleted_at=None).order_by("pk")
    failed = [document for pk in owners.values_list("pk", flat=True) if (document := progress.locked(pk))]
    for document in failed:
        _fail(document, message)
    pictured = Document.objects.filter(thumbnail_blob=blob).order_by("pk").select_for_update(no_key=True)
    shown = Document.objects.filter(pk__in=[document.pk for document in pictured])
    shown.update(thumbnail="", thumbnail_blob=None)
    Blob.objects.filter(pk=blob.pk).mark(BlobState.LOST if failed or blob.files.exists() else BlobState.DEAD)
    return f"said at {len(failed)} documents" if failed else "row let go"


def _fail(document: Document, message: str) -> None:
    """A generation that failed at once: what is published stays, and the state follows from tasks as ever."""
    queueing.cancel_open([document])
    document.gen += 1
    document.save(update_fields=["gen"])
    Task.objects.create(
        document=document,
        kb_id=document.kb_id,
        tenant_id=document.kb.tenant_id,
        gen=document.gen,
        state=TaskState.FAILED,
        progress=-1,
        message=message,
        finished_at=timezone.now(),
    )
    progress.derive(document, message)
