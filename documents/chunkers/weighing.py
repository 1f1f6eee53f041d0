"""Pieces get their weight in tokens; those too heavy for a passage are cut into finer ones."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from documents.chunkers.base import TokenCounter
from documents.chunkers.cuts import character_ends, cut, line_ends, word_ends
from documents.chunkers.delimiters import clauses
from documents.chunkers.pieces import Grain, Piece, Seam, items, rows

_LONGEST_TOKEN = 32
"""Characters that one token is taken for at most. Tokenizers count an unknown word of any length as one token and
invisible characters as none, so a count alone would not bound the size of a passage."""
_BATCH = 1 << 18
"""Characters weighed in one call of the counter."""
_SHARDS = 8
"""Parts that a passage is made of where no sentence ends inside it."""


class Scale:
    """Weighs the pieces of one text for passages of at most `room` tokens.

    A weight is a number of tokens without those that the tokenizer adds to every text, at least 1.
    """

    def __init__(
        self, text: str, *, cap: int, count: TokenCounter, pattern: re.Pattern[str] | None, headings: int = 0
    ) -> None:
        self.headings = headings
        """Weight of the headings right before the pieces that are weighed next."""
        self._text = text
        self._count = count
        self._pattern = pattern
        (self.overhead,) = count([""])
        self.room = max(1, cap - self.overhead)

    def weigh(self, pieces: Iterable[Piece]) -> Iterator[Piece]:
        """The pieces in order, weighed and cut; may be called again with those that follow."""
        batch: list[Piece] = []
        size = 0
        for piece in pieces:
            if size >= _BATCH:
                yield from self._settled(batch)
                batch, size = [], 0
            batch.append(piece)
            size += piece.end - piece.start
        yield from self._settled(batch)

    def _settled(self, batch: list[Piece]) -> list[Piece]:
        """The batch, weighed and cut after those before it."""
        parts = self.settle(batch, self.room, headings=self.headings)
        for piece in parts:
            self.headings = _headings(self.headings, piece)
        return parts

    def settle(self, batch: list[Piece], room: int, *, headings: int = 0) -> list[Piece]:
        """Weigh pieces and cut those above `room`, with one call of the counter each time round.

        What follows a heading has to fit beside it, a part of a table beside the table's header: it is cut
        accordingly. `headings` is the weight of those right before the batch. Only a single character may stay too
        heavy.
        """
        while True:
            batch = self._weighed(batch, room)
            parts: list[Piece] = []
            above = headings
            for piece in batch:
                limit = room - (piece.header.weight if piece.header and piece.grain is not Grain.HEADER else 0)
                limit -= above if above <= limit // 2 else 0
                parts += (piece.weight > limit and self._cut(piece, limit)) or [piece]
                above = _headings(above, piece)
            if len(parts) == len(batch):
                return parts
            batch = parts

    def is_too_heavy(self, piece: Piece) -> bool:
        """Whether a piece is so long that it will be cut, however few tokens it has and whatever is added to it."""
        return piece.end - piece.start > _LONGEST_TOKEN * self.room

    def parts(self, piece: Piece) -> list[Piece]:
        """A list, table, code block or paragraph cut one grain finer, not weighed."""
        return list(self._finer(piece, self.room))

    def _weighed(self, batch: list[Piece], room: int) -> list[Piece]:
        """The same pieces with weights."""
        fresh = [piece for piece in batch if not piece.weight]
        short = [piece for piece in fresh if piece.end - piece.start <= _LONGEST_TOKEN * room]
        tokens = iter(self._count([self._text[piece.start : piece.end] for piece in short]) if short else ())
        return [piece if piece.weight else self._put_on(piece, tokens, room) for piece in batch]

    def _put_on(self, piece: Piece, tokens: Iterator[int], room: int) -> Piece:
        size = piece.end - piece.start
        weight = max(1, -(-size // _LONGEST_TOKEN))
        if size <= _LONGEST_TOKEN * room:
            weight = max(weight, next(tokens) - self.overhead)
        if piece.header and piece.grain is Grain.HEADER and weight <= room // 2:
            piece.header.weight = weight
        return replace(piece, weight=weight)

    def _cut(self, piece: Piece, limit: int) -> list[Piece]:
        """The parts of a piece at the coarsest grain that gives several; none for a single character."""
        while True:
            parts = list(self._finer(piece, limit))
            if len(parts) > 1:
                return parts
            if piece.grain is Grain.CHARACTERS:
                return []
            piece = replace(parts[0], weight=piece.weight)

    def _finer(self, piece: Piece, limit: int) -> Iterator[Piece]:
        """The piece cut one grain finer, which may leave it whole."""
        text, start, end = self._text, piece.start, piece.end
        size = max(1, (end - start) * limit // (max(piece.weight, 1) * _SHARDS))
        match piece.grain:
            case Grain.LIST:
                return items(piece, text)
            case Grain.TABLE:
                return rows(piece, text)
            case Grain.CODE:
                return _parts(piece, text, [(offset, Seam.DELIMITER) for offset in line_ends(text, start, end)])
            case Grain.HEADING | Grain.BLOCK | Grain.HEADER:
                printed = bool(piece.blocks and piece.blocks[0].lines)
                return _parts(piece, text, clauses(text, start, end, pattern=self._pattern, printed=printed))
            case Grain.SENTENCE | Grain.WORDS:
                ends = [(offset, Seam.WORD) for offset in word_ends(text, start, end, size)]
                return _parts(piece, text, ends, grain=Grain.WORDS if ends else Grain.CHARACTERS)
            case _:
                ends = [(offset, Seam.CHARACTER) for offset in character_ends(text, start, end, size)]
                return _parts(piece, text, ends, grain=Grain.CHARACTERS)


def _headings(weight: int, piece: Piece) -> int:
    """Weight of the headings right before what follows `piece`, by that of those before it."""
    if piece.grain is Grain.HEADER:
        return weight
    return weight + piece.weight if piece.is_heading else 0


def _parts(
    piece: Piece, text: str, seams: Iterable[tuple[int, int]], *, grain: Grain = Grain.SENTENCE
) -> Iterator[Piece]:
    """The piece cut at the offsets of `seams`."""
    seam_at = dict(seams)
    for start, end in cut(text, piece.start, piece.end, seam_at):
        seam = piece.seam if start == piece.start else seam_at.get(start, Seam.CHARACTER)
        yield replace(piece, start=start, end=end, grain=grain, seam=seam, blocks=(), weight=0)
