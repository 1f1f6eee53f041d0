"""Pictures of documents."""

from collections.abc import Iterator

from documents import blobs
from documents.consistency.base import Finding, Scope, found
from documents.models import Document
from system.transactions import retried

_DEAD = """
    SELECT d.id, d.kb_id, CASE WHEN b.id IS NULL THEN 'a picture without bytes'
                               WHEN d.thumbnail = '' THEN 'bytes of a picture that is not shown'
                               ELSE 'a picture whose bytes are ' || b.state END
    FROM rag_document d LEFT JOIN rag_blob b ON b.id = d.thumbnail_blob_id
    WHERE d.deleted_at IS NULL AND (%(kb)s::text IS NULL OR d.kb_id = %(kb)s)
      AND ((d.thumbnail <> '') <> (b.id IS NOT NULL) OR b.state IN ('dead', 'lost'))
"""


class Thumbnails:
    """A document that shows a picture has one."""

    name = "thumbnails"
    meaning = "Lists show a broken picture."

    def find(self, scope: Scope) -> Iterator[Finding]:
        """Documents of which that is not true."""
        return found(_DEAD, scope)

    @retried
    def repair(self, finding: Finding) -> str:
        """Go without; the next parse draws it anew."""
        document = Document.objects.select_for_update(no_key=True).filter(pk=finding.key).first()
        if document is None:
            return ""
        former = document.thumbnail_blob_id
        document.thumbnail, document.thumbnail_blob = "", None
        document.save(update_fields=["thumbnail", "thumbnail_blob"])
        blobs.release([former] if former else [])
        return "taken away; the next parse draws it"
