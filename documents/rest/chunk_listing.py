"""The chunks of a document, page by page (contract B.3, C.6)."""

from collections.abc import Sequence
from dataclasses import dataclass

from documents.models import Document
from knowledgebases.models import Chunk
from knowledgebases.retrieval import search_text
from knowledgebases.retrieval.listing import Listed

UNLIMITED = 10  # rows where the size of a page is 0, as the reference has it
PAGE_ROWS = 100_000  # rows of one answer, whatever was asked for
_LAST_PAGE = 2**31


@dataclass(frozen=True, slots=True)
class ChunkQuery:
    """Which chunks of a document to list; `page` and `size` are what was asked for, whatever that was."""

    page: int = 1
    size: int = 30
    keywords: str = ""
    available: bool | None = None
    """Only those that searches find, or only those that they do not."""

    def listed(self, document: Document) -> tuple[int, Sequence[Listed]]:
        """How many chunks there are, and a page of them in reading order, each knowing the document."""
        available = self.available
        if not document.enabled:  # searches find none of its chunks, whatever their own switch says
            if available:
                return 0, []
            available = None
        total, listed = self._page(document, available)
        for one in listed:
            one.chunk.document = document
        return total, listed

    def _page(self, document: Document, available: bool | None) -> tuple[int, Sequence[Listed]]:
        page = min(max(1, self.page), _LAST_PAGE)
        size = min(max(1, self.size), PAGE_ROWS) if self.size else UNLIMITED
        if self.keywords:
            return search_text(document, self.keywords, page, size, available=available)
        chunks = Chunk.objects.filter(document=document)
        if available is not None:
            chunks = chunks.filter(available=available)
        start = (page - 1) * size
        return chunks.count(), [Listed(chunk, None) for chunk in chunks.in_reading_order()[start : start + size]]
