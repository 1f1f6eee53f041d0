"""What every chunker produces from a parsed document."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from documents.parsers.base import Parsed

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
    """Path of headings above the passage, outermost first; searched and embedded with it, not shown as its text."""
    positions: tuple[tuple[int, int, int, int, int], ...] = ()
    """(page, left, right, top, bottom), page 1-based, points: one box for each block and page the spans touch."""
    kind: str = "text"
    """`text` or `table`."""


class Chunker(Protocol):
    """A parsed document to its passages, in reading order.

    `config` is the document's parser_config (`chunk_token_num` in tokens, `delimiter`); unknown keys are ignored.
    """

    def __call__(self, parsed: Parsed, *, config: Mapping[str, Any], count: TokenCounter) -> Iterator[Passage]:
        """Yield the passages of `parsed`."""
