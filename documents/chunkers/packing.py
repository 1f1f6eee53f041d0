"""Weighed pieces are packed into groups, which become passages."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from documents.chunkers.pieces import Grain, Header, Piece, Seam, common

_SECTION = 0.5
"""Part of the room that is filled before a heading starts a new passage: smaller sections share one."""
_FULL = 0.8
"""Part of the room that is filled before a good seam is taken rather than a later, worse one."""
_OFF_MIDDLE = 0.15
"""How far from the middle, as part of their sum, the last two passages of a section may be parted at a good seam."""
_SOME = 0.3
"""Part of the room that a passage fills at least to end where one began in the text of before."""
_GAP = 1024
"""Blank characters that part passages."""


def pack(pieces: Iterable[Piece], room: int) -> Iterator[list[Piece]]:
    """Group pieces, in order, each group at most `room` by weight (a table that was cut keeps room for its header).

    A group begins at a heading once the one before is half full, is cut at the best seam of its last fifth, and is
    never only headings unless nothing follows them. The last two groups of a section are of about one size.
    """
    packer = Packer(room)
    for piece in pieces:
        yield from packer.add(piece)
    yield from packer.flush()


class Packer:
    """Pieces of twice the room at most, so that the last two groups of a section can be balanced."""

    def __init__(
        self, room: int, *, held: Sequence[Piece] = (), is_landmark: Callable[[Piece], bool] | None = None
    ) -> None:
        self._room = room
        self._is_landmark = is_landmark
        self._path: tuple[str, ...] = ()
        self._hold(list(held))
        self._header: Header | None = held[-1].header if held else None

    @property
    def held(self) -> Sequence[Piece]:
        """The pieces that are in no group yet; another packer goes on with them as this one would."""
        return self._pieces

    def add(self, piece: Piece) -> Iterator[list[Piece]]:
        """Take a piece; the groups that it completes."""
        if self._pieces and self._starts_group(piece):
            lead = self._lead(piece)
            self._hold(self._pieces[: len(self._pieces) - len(lead)])
            yield from self.flush()
            self._hold(lead)
        self._header = piece.header
        self._path = common(self._path, piece.path) if self._pieces else piece.path
        self._pieces.append(piece)
        self._weight += _load(piece)
        while self._weight > 2 * self._space and len(self._pieces) > 1:
            yield self._take(self._best_seam())

    def flush(self) -> Iterator[list[Piece]]:
        """The groups of all pieces held."""
        while self._weight > self._space and len(self._pieces) > 1:
            yield self._take(self._middle_seam(self._weight) or self._best_seam())
        if self._pieces:
            yield self._take(len(self._pieces))

    @property
    def _space(self) -> int:
        return self._room - (self._header.weight if self._header else 0)

    def _starts_group(self, piece: Piece) -> bool:
        """Whether `piece` must not share a group with those held."""
        if piece.header is not self._header or piece.start - self._pieces[-1].end > _GAP:
            return True
        if not piece.is_heading or all(held.is_heading for held in self._pieces):
            return False
        return self._weight >= _SECTION * self._space or common(self._path, piece.path) != self._path

    def _lead(self, piece: Piece) -> list[Piece]:
        """The last pieces held, as far as they are glued to `piece`."""
        if piece.seam != Seam.GLUED or piece.start - self._pieces[-1].end > _GAP:
            return []
        start = len(self._pieces) - 1
        while start and self._pieces[start].seam == Seam.GLUED:
            start -= 1
        lead = self._pieces[start:]
        return lead if sum(map(_load, lead)) <= self._room // 2 else []

    def _take(self, number: int) -> list[Piece]:
        group = self._pieces[:number]
        self._hold(self._pieces[number:])
        return group

    def _hold(self, pieces: list[Piece]) -> None:
        self._pieces = pieces
        self._weight = sum(map(_load, pieces))
        self._path = pieces[0].path if pieces else ()
        for piece in pieces:
            self._path = common(self._path, piece.path)

    def _seams(self) -> Iterator[tuple[int, int, int]]:
        """For each place to cut: number of pieces before it, their weight, and how good it is."""
        weight = 0
        for number, piece in enumerate(self._pieces[1:], 1):
            weight += _load(self._pieces[number - 1])
            yield number, weight, piece.seam

    def _best_seam(self) -> int:
        """Number of pieces up to the best seam of the last part of the space, the last one of several."""
        seams = list(self._seams())
        full = _FULL * self._space
        fitting = [seam for seam in seams if seam[1] <= self._space]
        best = max(fitting, key=lambda seam: (seam[2] != Seam.GLUED, seam[1] >= full, seam[2], seam[0]), default=None)
        return self._at_landmark(seams, best[0]) if best else 1

    def _middle_seam(self, weight: int) -> int:
        """Number of pieces up to the best seam about the middle of the first `weight`; 0: none makes two groups."""
        middle = weight / 2
        reach = _OFF_MIDDLE * weight

        def quality(seam: tuple[int, int, int]) -> tuple[bool, int, float]:
            off = abs(seam[1] - middle)
            return off <= reach, seam[2] if off <= reach else 0, -off

        seams = (seam for seam in self._seams() if seam[2] != Seam.GLUED)
        fitting = [seam for seam in seams if seam[1] <= self._space >= weight - seam[1]]
        return max(fitting, key=quality)[0] if fitting else 0

    def _at_landmark(self, seams: Sequence[tuple[int, int, int]], best: int) -> int:
        """Number of pieces up to where to cut: `best`, unless that leads off the places where the text was cut before.

        Then it is cut at the last landmark that makes a group of some size; or, where the next one is too far for one
        group, so that two groups of about one size lead up to it.
        """
        if self._is_landmark is None or self._is_landmark(self._pieces[best]):
            return best
        marks = [seam for seam in seams if seam[2] != Seam.GLUED and self._is_landmark(self._pieces[seam[0]])]
        near = [seam[0] for seam in marks if _SOME * self._space <= seam[1] <= self._space]
        if near:
            return near[-1]
        far = (self._middle_seam(seam[1]) for seam in marks if self._space < seam[1] <= 2 * self._space)
        return next(far, 0) or best


def _load(piece: Piece) -> int:
    """Weight of a piece beside a header that room is kept for."""
    return 0 if piece.grain is Grain.HEADER and piece.header and piece.header.weight else piece.weight
