"""What a chunker holds back of one window for the next: pieces whose passage, and text whose pieces, may still change.

Offsets are those of the text that the chunker is given. `documents.chunkers.flow` keeps that text, and this as JSON.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from documents.chunkers.base import Passage, TokenCounter
from documents.chunkers.landmarks import Landmarks
from documents.chunkers.pieces import Grain, Header, Outline, Piece, tiles
from documents.chunkers.weighing import Scale
from documents.parsers.base import Parsed

_LONGEST = 128 * 1024
"""Characters that are held back at most where nothing tells where to cut them."""
_OPENED = (Grain.LIST, Grain.TABLE, Grain.CODE, Grain.BLOCK)


@dataclass(frozen=True, slots=True)
class Rest:
    """The rest of a list, table or paragraph that is longer than a passage, and of which parts are packed already."""

    seam: int
    """The seam before the rest."""
    header: Header | None = None
    """Of a table."""


@dataclass(slots=True)
class Hold:
    """What is held back; as it is made, nothing is, and everything is wanted."""

    last: bool = True
    """Whether the document ends with the text at hand, so that nothing needs to be held back any more."""
    since: int = 0
    """The offset from which on the text is not in pieces yet."""
    rest: Rest | None = None
    """What stands there, if it is the rest of something."""
    outline: Outline = field(default_factory=Outline)
    """That of the place `since`."""
    headings: int = 0
    """Weight of the headings right before the place."""
    pieces: list[Piece] = field(default_factory=list)
    """Weighed pieces that are in no passage yet."""
    landmarks: Landmarks | None = None
    """Where passages began in the text of before; not held back, but given."""

    def fresh(self, parsed: Parsed, scale: Scale) -> Iterator[Piece]:
        """The pieces from `since` on, not weighed; unless the text is the last, without those that may still change.

        The last run of blocks may go on in the next window. Where it is longer than any passage, it is sure to be cut
        into its items, rows, lines or clauses: then it is cut here, and only the last of them held back.
        """
        found = list(tiles(parsed, self.since))
        for at, tile in enumerate(found, 1):
            final = self.last or at < len(found)
            piece, outline = self.outline.enter(tile, parsed.text)
            if self.rest:
                piece = replace(piece, seam=self.rest.seam, header=self.rest.header)
            opened = not final and piece.grain in _OPENED and scale.is_too_heavy(piece)
            parts = scale.parts(piece) if self.rest or opened else [piece]
            if not final and parts[-1].end - parts[-1].start <= _LONGEST:
                self.since = tile[0][0].start if len(parts) == 1 else parts[-1].start
                self.rest = self.rest if len(parts) == 1 else Rest(parts[-1].seam, parts[-1].header)
                yield from parts[:-1]
                return
            yield from parts
            self.rest, self.outline, self.since = None, outline, tile[2]


class Chunker(Protocol):
    """A parsed document to its passages, in reading order.

    `config` is the document's parser_config (`chunk_token_num` in tokens, `delimiter`); unknown keys are ignored. A
    document that comes window by window is cut with one `hold`: the chunker goes on with what it holds, and leaves in
    it what is held back now.
    """

    def __call__(
        self, parsed: Parsed, *, config: Mapping[str, Any], count: TokenCounter, hold: Hold | None = None
    ) -> Iterator[Passage]:
        """Yield the passages of `parsed`; with a `hold`, those that are final."""
