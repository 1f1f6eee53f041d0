"""What every chunker produces from a parsed document."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

TokenCounter = Callable[[Sequence[str]], list[int]]
"""Token counts of some texts, in order."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document that becomes a chunk."""

    content: str
    """The text people and models read: slices of the canonical text (a split table repeats its header rows)."""
    spans: tuple[tuple[int, int], ...]
    """Half-open spans of the canonical text that `content` shows, in order."""
    tokens: int
    headings: tuple[str, ...] = ()
    """Path of the headings that its text stands below, outermost first; searched and embedded with it. One that the
    passage begins with is part of its text, too."""
    positions: tuple[tuple[int, int, int, int, int], ...] = ()
    """(page, left, right, top, bottom), page 1-based, points: one box for each block and page the spans touch."""
    kind: str = "text"
    """`text` or `table`."""
    beginning: int = 0
    """What it is known by when a changed text is cut (`chunkers.landmarks`); 0: nothing."""
