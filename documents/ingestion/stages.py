"""The steps of a task, from stored bytes, or staged passages, to finished ones."""

from django.conf import settings

from documents import staging
from documents.ingestion import shares
from documents.ingestion.embedding import embed
from documents.ingestion.reading import read
from documents.leases import Lease
from documents.models import Document, Task
from documents.models.task import EMBED
from documents.sandbox import Limits, Sandbox
from knowledgebases.embedding import embedder_for
from system.errors import RagError

# Errors that say themselves what happened; anything else is a bug and logged with its trace.
EXPECTED = (RagError,)


def parser_limits() -> Limits:
    """Limits of the parser child, from the settings."""
    return Limits(memory=settings.RAG_PARSE_BYTES)


def run(task: Task, lease: Lease[Task], sandbox: Sandbox) -> None:
    """Work on `task` until all its chunks are staged, and those it hands out are tasks of their own.

    Raises LeaseLost where the task is no longer ours, DocumentFault for what the file does, Unavailable and
    Misconfigured for what the embedding model does.
    """
    document = Document.objects.select_related("kb__tenant", "kb__space", "blob").get(pk=task.document_id)
    embedder = embedder_for(document.kb)
    if task.kind == EMBED:
        drafts = staging.of_task(task)
    elif document.size == 0 or document.blob is None:  # nothing to cut, whatever the method
        drafts = []
    else:
        drafts = read(task, document, embedder=embedder, lease=lease, sandbox=sandbox)
    embed(task, document, drafts, embedder=embedder, lease=lease)
    lease.report(shares.EMBEDDED, "Publishing.", phase="publish")
