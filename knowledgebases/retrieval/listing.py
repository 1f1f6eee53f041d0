"""Full-text search within one document: what a chunk list with keywords shows."""

from dataclasses import dataclass
from typing import Any, Protocol

from knowledgebases.lexical import tokenizer
from knowledgebases.models import Chunk, Knowledgebase
from knowledgebases.retrieval.highlight import highlight
from knowledgebases.retrieval.query import terms_of


@dataclass(frozen=True, slots=True)
class Listed:
    """A chunk that holds one of the keywords; `highlight` is None where only its title, keywords or questions do."""

    chunk: Chunk
    highlight: str | None


class Scope(Protocol):
    """A document, seen from an app that may not know documents."""

    @property
    def pk(self) -> Any:
        """Its id."""

    @property
    def kb(self) -> Knowledgebase:
        """Its dataset."""


def search_text(
    document: Scope, keywords: str, page: int = 1, page_size: int = 30, *, available: bool | None = None
) -> tuple[int, list[Listed]]:
    """How many chunks of `document` hold one of the `keywords`, and a page of them in reading order.

    Chunks that searches do not find because they are switched off are listed all the same, unless `available` says
    which are wanted.
    """
    kb = document.kb
    terms = terms_of(keywords, kb.language)
    hashes = [tokenizer.salted(term, kb.pk) for term in terms]
    found = Chunk.objects.filter(kb=kb, document_id=document.pk, lexicalrow__terms__overlap=hashes).in_reading_order()
    if available is not None:
        found = found.filter(available=available)
    start = max(0, page - 1) * page_size
    chunks = found.select_related("document")[start : start + page_size]
    return found.count(), [Listed(chunk, highlight(chunk.content, terms, kb.language)) for chunk in chunks]
