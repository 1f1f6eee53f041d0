"""Chunks, staged pieces and files that belong to nothing any more."""

from collections.abc import Iterator

from documents import blobs
from documents.consistency.base import Finding, Scope, execute, found
from documents.models import Document, File, Run, Stage
from knowledgebases.models import Chunk
from system.transactions import retried

_ORPHAN = """(d.id IS NULL OR d.deleted_at IS NOT NULL OR NOT c.by_hand AND c.gen <> d.published_gen)"""
_CHUNKS = f"""
    SELECT c.document_id, min(c.kb_id), format('%%s chunks of no document, or of no published generation', count(*))
    FROM rag_chunk c LEFT JOIN rag_document d ON d.id = c.document_id
    WHERE {_ORPHAN} AND (%(kb)s::text IS NULL OR c.kb_id = %(kb)s) GROUP BY c.document_id
"""  # noqa: S608 -- constants
# What failed is kept for the next try, until the sweeper has waited long enough for it.
_STAGES = """
    SELECT d.id, d.kb_id, format('%%s staged pieces, and nothing is being made of them', count(*))
    FROM rag_stage s JOIN rag_task t ON t.id = s.task_id JOIN rag_document d ON d.id = t.document_id
    WHERE (%(kb)s::text IS NULL OR d.kb_id = %(kb)s) AND (d.deleted_at IS NOT NULL OR d.run NOT IN ('1', '4'))
    GROUP BY d.id
"""
_FILES = """
    SELECT f.id, p.kb_id, format('the file %%L of a dataset has no document', f.name)
    FROM rag_file f LEFT JOIN rag_file p ON p.id = f.parent_id
    WHERE f.source_type = 'knowledgebase' AND f.type <> 'folder' AND (%(kb)s::text IS NULL OR p.kb_id = %(kb)s)
      AND NOT EXISTS (SELECT FROM rag_document d WHERE d.file_id = f.id)
"""


class OrphanChunks:
    """Chunks of deleted documents, and of generations that are neither published nor made by hand."""

    name = "orphan-chunks"
    meaning = "Passages are kept, and perhaps found, that should be gone."

    def find(self, scope: Scope) -> Iterator[Finding]:
        """Documents that have such chunks."""
        return found(_CHUNKS, scope)

    @retried
    def repair(self, finding: Finding) -> str:
        """Delete them; their search rows go with them."""
        document = Document.objects.select_for_update(no_key=True).filter(pk=finding.key).first()
        chunks = Chunk.objects.filter(document_id=finding.key)
        if document is not None and document.deleted_at is None:
            chunks = chunks.filter(by_hand=False).exclude(gen=document.published_gen)
        return f"{chunks.delete()[0]} chunks deleted"


class OrphanStages:
    """Staged pieces of documents that nobody works on."""

    name = "orphan-stages"
    meaning = "Pieces of unfinished work take up room; nobody will finish it."

    def find(self, scope: Scope) -> Iterator[Finding]:
        """Documents that have such pieces."""
        return found(_STAGES, scope)

    @retried
    def repair(self, finding: Finding) -> str:
        """Delete them."""
        document = Document.objects.select_for_update(no_key=True).filter(pk=finding.key).first()
        if document is None or (document.deleted_at is None and document.run in {Run.RUNNING, Run.FAIL}):
            return ""
        return f"{Stage.objects.filter(task__document=document).delete()[0]} pieces deleted"


class OrphanFiles:
    """Files that uploads made for documents which are gone."""

    name = "orphan-files"
    meaning = "A file holds on to bytes that no document needs."

    def find(self, scope: Scope) -> Iterator[Finding]:
        """Files without a document: both are made in one transaction, and go in one."""
        return found(_FILES, scope)

    @retried
    def repair(self, finding: Finding) -> str:
        """Delete the entry, and let go of its bytes."""
        file = File.objects.select_for_update().filter(pk=finding.key).first()
        if file is None or file.documents.exists():
            return ""
        file.delete()
        blobs.release([file.blob_id] if file.blob_id else [])
        return "entry deleted"


class StrayIndexRows:
    """Search rows whose chunk is gone."""

    name = "stray-index-rows"
    meaning = "The index holds passages that are gone; searches pass them over, and count them."

    def find(self, scope: Scope) -> Iterator[Finding]:
        """Documents, there or not, that have such rows."""
        union = " UNION ALL ".join(
            f"SELECT i.document_id, i.kb_id FROM {table} i WHERE (%(kb)s::text IS NULL OR i.kb_id = %(kb)s)"  # noqa: S608
            " AND NOT EXISTS (SELECT FROM rag_chunk c WHERE c.id = i.chunk_id)"
            for table in INDEXES
        )
        text = "SELECT document_id, min(kb_id), format('%%s index rows without their chunk', count(*))"
        return found(f"{text} FROM ({union}) stray GROUP BY document_id", scope)

    @retried
    def repair(self, finding: Finding) -> str:
        """Delete them, the document locked: whoever writes chunks and their rows holds it."""
        Document.objects.select_for_update(no_key=True).filter(pk=finding.key).first()
        gone = sum(
            execute(
                f"DELETE FROM {table} i WHERE i.document_id = %(document)s"  # noqa: S608 -- constants
                " AND NOT EXISTS (SELECT FROM rag_chunk c WHERE c.id = i.chunk_id)",
                {"document": finding.key},
            )
            for table in INDEXES
        )
        return f"{gone} rows deleted"


INDEXES = ("rag_chunk_lexical", "rag_chunk_dense")
