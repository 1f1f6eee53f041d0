"""The steps of a task, from stored bytes to staged chunks."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage

from documents import filetypes
from documents.chunkers import chunker_for
from documents.chunkers.base import Passage
from documents.ingestion import shares, thumbnails
from documents.ingestion.embedding import embed_and_stage
from documents.leases import Lease, LeaseLost
from documents.models import Document, Task
from documents.parsers.base import Parsed
from documents.sandbox import Limits, ParseInterrupted, Sandbox
from knowledgebases.embedding import embedder_for
from system.errors import DocumentFault, FaultCode, RagError

# Errors that say themselves what happened; anything else is a bug and logged with its trace.
EXPECTED = (RagError,)


def parser_limits() -> Limits:
    """Limits of the parser child, from the settings."""
    return Limits(memory=settings.RAG_PARSE_BYTES)


def run(task: Task, lease: Lease, sandbox: Sandbox) -> None:
    """Work on `task` until all its chunks are staged.

    Raises LeaseLost where the task is no longer ours, DocumentFault for what the file does, Unavailable and
    Misconfigured for what the embedding model does.
    """
    document = Document.objects.select_related("kb__tenant", "kb__space", "blob").get(pk=task.document_id)
    embedder = embedder_for(document.kb)
    if document.size == 0 or document.blob is None:  # nothing to cut, whatever the method
        embed_and_stage(task, document, [], embedder=embedder, lease=lease)
        return
    chunker = chunker_for(document.parser_id)
    lease.report(shares.PARSING, "Parsing.")
    parsed = _parse(document, lease, sandbox)
    pages = f"{parsed.pages} pages, " if parsed.pages else ""
    lease.report(shares.PARSED, f"Parsed {pages}{len(parsed.text)} characters; cutting into chunks.")
    passages = _chunk(chunker(parsed, config=document.parser_config, count=embedder.count_tokens), lease)
    lease.report(shares.CHUNKED, f"{len(passages)} chunks; embedding 0/{len(passages)}.")
    embed_and_stage(task, document, passages, embedder=embedder, lease=lease)


def _parse(document: Document, lease: Lease, sandbox: Sandbox) -> Parsed:
    if not filetypes.accepts(document.parser_id, document.suffix):
        raise DocumentFault(
            FaultCode.UNSUPPORTED,
            f"File type not supported yet: method `{document.parser_id}` does not read `.{document.suffix}` files. "
            "Choose another chunk method.",
        )
    with _local_copy(document) as path:
        try:
            thumbnails.make(document, str(path), lease=lease, sandbox=sandbox)
            return sandbox.parse(
                str(path),
                name=document.name,
                config=document.parser_config,
                alive=lambda: lease.alive,
                timeout=settings.RAG_PARSE_SECONDS,
            )
        except ParseInterrupted:
            lease.check()  # tells which it was
            raise LeaseLost(str(lease.task)) from None


def _chunk(passages: Iterator[Passage], lease: Lease) -> list[Passage]:
    kept = []
    for passage in passages:
        lease.check()
        kept.append(passage)
    return kept


@contextmanager
def _local_copy(document: Document) -> Iterator[Path]:
    """The bytes of `document` as a local file: the stored one where storage is a disk, else a temporary copy."""
    key = document.blob.key if document.blob else ""
    if not default_storage.exists(key):
        raise DocumentFault(
            FaultCode.CORRUPT, "The stored file is missing. Delete this document and upload the file again."
        )
    try:
        path = Path(default_storage.path(key))
    except NotImplementedError:
        with tempfile.NamedTemporaryFile(prefix="ragsite-") as copy, default_storage.open(key) as stored:
            shutil.copyfileobj(stored, copy)
            copy.flush()
            yield Path(copy.name)
    else:
        yield path
