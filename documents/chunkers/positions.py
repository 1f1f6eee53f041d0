"""Page boxes of spans, derived from the visual lines that the spans cover."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import groupby
from math import ceil, floor
from operator import attrgetter

from documents.parsers.base import Block, Line

Box = tuple[int, int, int, int, int]


class Boxes:
    """The boxes of a document's blocks, found by span."""

    def __init__(self, blocks: tuple[Block, ...]) -> None:
        self._blocks = [block for block in blocks if block.page or block.lines]

    def of(self, spans: Iterable[tuple[int, int]]) -> tuple[Box, ...]:
        """(page, left, right, top, bottom) in points for each block and page that a span touches, in order.

        The box is the smallest with integer sides around the lines; (page, 0, 0, 0, 0) for a block without lines.
        """
        return tuple(dict.fromkeys(box for start, end in spans for box in self._of(start, end)))

    def _of(self, start: int, end: int) -> Iterator[Box]:
        first = bisect_right(self._blocks, start, key=attrgetter("end"))
        last = bisect_left(self._blocks, end, key=attrgetter("start"))
        for block in self._blocks[first:last]:
            if not block.lines:
                yield block.page, 0, 0, 0, 0
                continue
            left = bisect_right(block.lines, start, key=attrgetter("end"))
            right = bisect_left(block.lines, end, key=attrgetter("start"))
            lines = sorted(block.lines[left:right], key=attrgetter("page"))
            yield from (_around(page, list(group)) for page, group in groupby(lines, attrgetter("page")))


def _around(page: int, lines: list[Line]) -> Box:
    """The smallest integer box around lines of one page."""
    return (
        page,
        floor(min(line.left for line in lines)),
        ceil(max(line.right for line in lines)),
        floor(min(line.top for line in lines)),
        ceil(max(line.bottom for line in lines)),
    )
