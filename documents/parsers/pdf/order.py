"""Reading order of a page: columns, and lines within them.

Bands of white space cut the page across; bands below each other that share a gutter form columns, read one after the
other (a variant of the recursive XY-cut of Nagy and Seth, 1984, that prefers long gutters to short bands).
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, median

from documents.parsers.pdf.fragments import Fragment

MIN_GUTTER = 0.7
"""Narrowest gutter between columns, in heights of the text."""
MIN_LINES = 3
MIN_WIDTH = 8.0
"""Narrowest column, in heights of the text."""
MIN_LETTERS = 14
"""Fewest letters of a column's mean line: cells of a table hold fewer."""
MAX_DEPTH = 6
LEAP = 2.5
"""Heights by which the content of a region may go up the page within its reading order, as formulas do."""
BESIDE = 1.25
"""Heights of all runs together, in heights of their region, above which runs lie beside each other."""
STEP = 8.0
"""Points of a step in which rows are looked up by height."""

_LEFTWARD = re.compile("[\u0590-\u08ff]")

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class TextLine:
    """Fragments on one height, from left to right (from right to left in scripts that run so)."""

    fragments: tuple[Fragment, ...]
    left: float
    right: float
    top: float
    bottom: float
    height: float
    leftward: bool
    """Whether it is read from right to left."""

    @property
    def bold(self) -> bool:
        """Whether all of it is bold."""
        return all(fragment.bold for fragment in self.fragments)

    @property
    def text(self) -> str:
        """Its words; fragments that touch (a power and its base) are not parted."""
        pieces = [self.fragments[0].text]
        for before, fragment in pairwise(self.fragments):
            gap = max(fragment.left - before.right, before.left - fragment.right)
            pieces.append(fragment.text if gap < 0.12 * self.height else f" {fragment.text}")
        return "".join(pieces)


def regions(fragments: Sequence[Fragment], *, depth: int = 0) -> Iterator[list[TextLine]]:
    """The lines of a page, a list for each region, in reading order."""
    bands = _bands(fragments)
    plain: list[Fragment] = []
    at = 0
    while at < len(bands):
        last, gutter = _shared_gutter(bands, at) if depth < MAX_DEPTH else (at, None)
        if gutter is None:
            plain.extend(bands[at])
            at += 1
            continue
        if plain:
            yield lines(plain)
            plain = []
        inside = [fragment for band in bands[at : last + 1] for fragment in band]
        yield from regions([item for item in inside if item.right <= gutter[0] + 0.01], depth=depth + 1)
        yield from regions([item for item in inside if item.right > gutter[0] + 0.01], depth=depth + 1)
        at = last + 1
    if plain:
        yield lines(plain)


def _bands(fragments: Sequence[Fragment]) -> list[list[Fragment]]:
    """Fragments parted by white space that runs across the whole region, top to bottom."""
    bands: list[list[Fragment]] = []
    bottom = float("-inf")
    for fragment in sorted(fragments, key=lambda item: item.top):
        inset = 0.15 * (fragment.bottom - fragment.top)  # loose boxes of neighbouring lines overlap a little
        if fragment.top + inset >= bottom:
            bands.append([])
        bands[-1].append(fragment)
        bottom = max(bottom, fragment.bottom - inset)
    return bands


def _shared_gutter(bands: Sequence[Sequence[Fragment]], first: int) -> tuple[int, Span | None]:
    """The longest run of bands from `first` on that is parted by one gutter, and the gutter; None if there is none."""
    height = median(fragment.height for fragment in bands[first])
    free = _still_free([(float("-inf"), float("inf"))], bands[first], MIN_GUTTER * height)
    if len(free) < 3:  # nothing but the margins
        return first, None
    last, gutter = first, free[1]
    left, right = min(item.left for item in bands[first]), max(item.right for item in bands[first])
    for at in range(first, len(bands)):
        free = _still_free(free, bands[at], MIN_GUTTER * height)
        inner = [gap for gap in free if gap[0] > left and gap[1] < right]
        if not inner:
            break
        last, gutter = at, max(inner, key=lambda gap: gap[1] - gap[0])
    inside = [fragment for band in bands[first : last + 1] for fragment in band]
    return (last, gutter) if _are_columns(inside, gutter, height) else (first, None)


def _still_free(free: Sequence[Span], band: Sequence[Fragment], narrowest: float) -> list[Span]:
    for fragment in band:
        left: list[Span] = []
        for start, end in free:
            if fragment.right <= start or fragment.left >= end:
                left.append((start, end))
                continue
            left.extend(gap for gap in ((start, fragment.left), (fragment.right, end)) if gap[1] - gap[0] >= narrowest)
        free = left
    return list(free)


def _are_columns(fragments: Sequence[Fragment], gutter: Span, height: float) -> bool:
    """Whether both sides of a gutter are running text beside each other, not the cells of a table."""
    sides = [
        [item for item in fragments if item.right <= gutter[0] + 0.01],
        [item for item in fragments if item.right > gutter[0] + 0.01],
    ]
    for side in sides:
        side_lines = lines(side)
        width = max((item.right for item in side), default=0.0) - min((item.left for item in side), default=0.0)
        letters = fmean(len(line.text) for line in side_lines) if side_lines else 0.0
        if len(side_lines) < MIN_LINES or width < MIN_WIDTH * height or letters < MIN_LETTERS:
            return False
    tops = [min(item.top for item in side) for side in sides]
    bottoms = [max(item.bottom for item in side) for side in sides]
    return min(bottoms) - max(tops) > MIN_LINES * height


def lines(fragments: Sequence[Fragment]) -> list[TextLine]:
    """Fragments joined to lines, top to bottom; powers and indices belong to the line they touch.

    Programs write running text and formulas in reading order, which no geometry tells as well; so the order of the
    content is kept where it runs down the page. Where it leaps up, the runs between the leaps are sorted; where these
    lie beside each other, as the columns of a table do, the place on the page alone decides.
    """
    runs = _runs(_rows_by_content(fragments))
    if len(runs) > 1:
        spans = [(min(row[0].middle for row in run), max(row[0].middle for row in run)) for run in runs]
        height = max(bottom for _, bottom in spans) - min(top for top, _ in spans)
        if sum(bottom - top for top, bottom in spans) > BESIDE * height:
            rows = _rows_by_place(fragments)
            return [_line(row) for row in sorted(rows, key=lambda row: (round(row[0].middle, 1), row[0].left))]
        runs = [run for _, run in sorted(zip(spans, runs, strict=True), key=lambda item: item[0])]
    return [_line(row) for run in runs for row in run]


def _runs(rows: Sequence[list[Fragment]]) -> list[list[list[Fragment]]]:
    """Rows in runs that go down the page, small steps up aside."""
    runs: list[list[list[Fragment]]] = []
    before = float("inf")
    for row in rows:
        head = max(row, key=lambda item: len(item.text))
        if not runs or head.middle < before - LEAP * head.height:
            runs.append([])
        runs[-1].append(row)
        before = head.middle
    return runs


def _rows_by_content(fragments: Sequence[Fragment]) -> list[list[Fragment]]:
    """Rows of fragments that follow each other in the content and on the page."""
    rows: list[list[Fragment]] = []
    for fragment in sorted(fragments, key=lambda item: item.order):
        if rows and _continues(rows[-1], fragment):
            rows[-1].append(fragment)
        else:
            rows.append([fragment])
    return rows


def _continues(row: Sequence[Fragment], fragment: Fragment) -> bool:
    last = row[-1]
    if _runs_leftward(fragment.text):
        forward = last.left - fragment.right > -0.5 * fragment.height
    else:
        forward = fragment.left - last.right > -0.5 * fragment.height
    return forward and any(_level(item, fragment) for item in (last, row[0]))


def _rows_by_place(fragments: Sequence[Fragment]) -> list[list[Fragment]]:
    """Rows of fragments that stand on one height, whatever their order in the content."""
    rows: dict[int, list[list[Fragment]]] = defaultdict(list)  # by height, in steps
    for fragment in sorted(fragments, key=lambda item: (-item.height, item.top)):  # text before its indices
        step = int(fragment.middle // STEP)
        reach = int(1.5 * fragment.height // STEP) + 1
        near = [
            row for at in range(step - reach, step + reach + 1) for row in rows.get(at, ()) if _joins(row, fragment)
        ]
        if near:
            min(near, key=lambda row: abs(row[0].middle - fragment.middle)).append(fragment)
        else:
            rows[step].append([fragment])
    return [row for same in rows.values() for row in same]


def _joins(row: Sequence[Fragment], fragment: Fragment) -> bool:
    clear = all(item.right - fragment.left < 1.5 or fragment.right - item.left < 1.5 for item in row)
    return clear and _level(row[0], fragment)


def _level(head: Fragment, fragment: Fragment) -> bool:
    """Whether a fragment is on the line of another: beside it, or as its power or index."""
    if abs(head.middle - fragment.middle) > 0.75 * min(max(head.height, fragment.height), 2 * fragment.height):
        return False
    overlap = min(head.bottom, fragment.bottom) - max(head.top, fragment.top)
    return overlap > 0.35 * min(head.height, fragment.height)


def _line(row: Sequence[Fragment]) -> TextLine:
    leftward = _runs_leftward("".join(item.text for item in row))
    ordered = tuple(sorted(row, key=lambda item: item.left, reverse=leftward))
    return TextLine(
        fragments=ordered,
        left=min([item.left for item in row]),
        right=max([item.right for item in row]),
        top=min([item.top for item in row]),
        bottom=max([item.bottom for item in row]),
        height=max(row, key=lambda item: len(item.text)).height,
        leftward=leftward,
    )


def _runs_leftward(text: str) -> bool:
    """Whether most of a text is Hebrew, Arabic or a script near them."""
    return len(_LEFTWARD.findall(text)) > len(text) / 2
