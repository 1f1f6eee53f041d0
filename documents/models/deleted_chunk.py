"""Chunks that people deleted: what they decided survives a new parse."""

from django.db import models

from documents.models.document import Document


class DeletedChunk(models.Model):
    """The id of a chunk that somebody deleted: the passage is not published again, until its document starts afresh."""

    document = models.ForeignKey(Document, models.CASCADE, db_index=False, related_name="deleted_chunks")
    chunk_id = models.CharField(max_length=32)

    class Meta:
        db_table = "rag_deleted_chunk"
        constraints = [models.UniqueConstraint(fields=["document", "chunk_id"], name="deleted_chunk_once")]

    def __str__(self) -> str:
        return f"{self.document_id}/{self.chunk_id}"
