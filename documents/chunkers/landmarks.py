"""Where the passages of a document's former text began: the text that did not change is best cut there again.

Without them an edit early in a text without headings shifts every passage after it.
"""

from collections.abc import Sequence

import numpy as np
import xxhash

from documents.chunkers.pieces import Piece

_LENGTH = 48
"""Characters that a beginning is known by."""


class Landmarks:
    """Beginnings of passages, eight bytes each."""

    def __init__(self, beginnings: Sequence[int]) -> None:
        self._beginnings = np.unique(np.array(beginnings, dtype=np.int64))

    def has(self, beginning: int) -> bool:
        """Whether a passage began like that."""
        place = int(np.searchsorted(self._beginnings, beginning))
        return place < len(self._beginnings) and int(self._beginnings[place]) == beginning


def beginning_of(piece: Piece, text: str) -> int:
    """What a passage that begins with `piece` is known by: a hash of 64 bits, signed."""
    shown = text[piece.start : min(piece.end, piece.start + _LENGTH)].rstrip()
    value = xxhash.xxh64_intdigest(shown.encode("utf-8", "surrogatepass"))
    return value - (1 << 64) if value >= 1 << 63 else value
