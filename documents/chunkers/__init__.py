"""Blocks to passages; no Django here. `chunker_for` finds the chunker of a parser_id."""

from documents.chunkers import naive, presentation
from documents.chunkers.holding import Chunker
from system.errors import DocumentFault, FaultCode

__all__ = ["CHUNKERS", "chunker_for"]

CHUNKERS: dict[str, Chunker] = {
    "naive": naive.chunk,
    "presentation": presentation.chunk,
    "email": naive.chunk,  # a letter is cut like any text; its headers come first
}
"""Chunkers by parser_id."""


def chunker_for(parser_id: str) -> Chunker:
    """The chunker of a chunk method; raises `DocumentFault` for a method that this version does not have."""
    try:
        return CHUNKERS[parser_id]
    except KeyError:
        raise DocumentFault(
            FaultCode.UNSUPPORTED,
            f"The chunk method {parser_id[:50]!r} is not part of this version: choose {' or '.join(CHUNKERS)} as the"
            " document's chunk method and parse again",
        ) from None
