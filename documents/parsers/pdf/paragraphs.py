"""Lines of a region to blocks: headings, paragraphs, list items and simple tables."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from documents.parsers.base import BlockKind
from documents.parsers.pdf.order import TextLine

HEADING_RATIO = 1.1
"""How much larger than the body a heading's letters are at least."""
MAX_HEADING_LINES = 4
MAX_HEADING = 220
"""Characters of a heading at most; larger type that runs on is an abstract or a quotation."""
MIN_TABLE_ROWS = 3
ALIGNED = 3.0
"""Points by which cells of a column may be off."""

_BULLET = re.compile(r"^(?:[•●▪■◦‣⁃∙·*–—-]|\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,5})[.)])\s")
_NUMBERED = re.compile(r"^(?:\d{1,2}(?:\.\d{1,2}){0,4}\.?|[A-Z]\.|[IVX]{1,5}\.)\s+\S")


@dataclass(frozen=True, slots=True)
class Group:
    """Lines that make a block; for tables one line a row."""

    kind: BlockKind
    lines: tuple[TextLine, ...]
    level: int = 0


@dataclass(frozen=True, slots=True)
class Typography:
    """What the sizes of letters mean in a document."""

    body: float
    """Height of the usual text, points."""
    levels: Mapping[float, int]
    """Heading level by height, rounded to half a point."""

    def level(self, line: TextLine) -> int:
        """The heading level a line's letters speak for; 0 for body text.

        A size that was not seen when the levels were told apart has that of the next smaller one.
        """
        size = _size(line)
        if size in self.levels or size < HEADING_RATIO * self.body:
            return self.levels.get(size, 0)
        return self.levels[max(known)] if (known := [one for one in self.levels if one < size]) else self.bold_level

    @property
    def bold_level(self) -> int:
        """Level of headings that are only bold: below those that are larger."""
        return min(max(self.levels.values(), default=0) + 1, 6)


def _size(line: TextLine) -> float:
    return round(line.height * 2) / 2


def typography(lines: Sequence[TextLine]) -> Typography:
    """The typography of a document: the height most letters have is its body, larger ones make headings."""
    letters: Counter[float] = Counter()
    for line in lines:
        letters[_size(line)] += len(line.text)
    body = letters.most_common(1)[0][0] if letters else 10.0
    larger = sorted((size for size in letters if size >= HEADING_RATIO * body), reverse=True)
    levels: dict[float, int] = {}
    for size in larger:  # sizes within 8 % of each other are one level: fonts of one size differ a little
        above = min(levels, default=0.0)
        levels[size] = levels[above] if above and size > 0.92 * above else max(levels.values(), default=0) + 1
    return Typography(body, {size: min(level, 6) for size, level in levels.items()})


def groups(lines: Sequence[TextLine], type_: Typography) -> Iterator[Group]:
    """The blocks of a region."""
    at = 0
    edges = (min((line.left for line in lines), default=0.0), max((line.right for line in lines), default=0.0))
    pitch = _pitch(lines)
    while at < len(lines):
        rows = _table_rows(lines, at)
        if rows >= MIN_TABLE_ROWS:
            yield Group(BlockKind.TABLE, tuple(lines[at : at + rows]))
            at += rows
            continue
        end = at + 1
        while end < len(lines) and not _begins(lines[at:end], lines[end], edges, pitch):
            if _table_rows(lines, end) >= MIN_TABLE_ROWS:
                break
            end += 1
        yield _group(lines[at:end], type_)
        at = end


def _pitch(lines: Sequence[TextLine]) -> float:
    """The usual distance between the middles of neighbouring lines."""
    steps = [_middle(after) - _middle(before) for before, after in pairwise(lines)]
    usual = [step for line, step in zip(lines, steps, strict=False) if 0.3 * line.height < step < 2.5 * line.height]
    return median(usual) if usual else max((line.height for line in lines), default=10.0)


def _middle(line: TextLine) -> float:
    """The middle of the line's main text, whatever powers and large signs stick out of it."""
    return max(line.fragments, key=lambda item: len(item.text)).middle


def _begins(group: Sequence[TextLine], line: TextLine, edges: tuple[float, float], pitch: float) -> bool:
    """Whether a line begins a new block after the lines of `group`."""
    before = group[-1]
    height = max(before.height, line.height)
    step = _middle(line) - _middle(before)
    if step > pitch + 0.45 * height or step < -height or not 0.9 <= line.height / before.height <= 1.11:
        return True
    if before.bold is not line.bold and (_is_short(before, edges) or line.bold):
        return True
    if _BULLET.match(line.text):
        return True
    indent = before.right - line.right if line.leftward else line.left - before.left
    hangs = bool(_BULLET.match(group[0].text))
    if indent > 0.8 * height and not (hangs and len(group) == 1):
        return True
    return _is_short(before, edges) and before.text.endswith((".", "!", "?", ":", "。", "！", "？"))


def _is_short(line: TextLine, edges: tuple[float, float]) -> bool:
    if line.leftward:
        return line.left > edges[0] + 0.12 * (edges[1] - edges[0])
    return line.right < edges[1] - 0.12 * (edges[1] - edges[0])


def _group(lines: Sequence[TextLine], type_: Typography) -> Group:
    text = " ".join(line.text for line in lines)
    brief = len(lines) <= MAX_HEADING_LINES and len(text) <= MAX_HEADING and any(char.isalpha() for char in text)
    if brief and (level := type_.level(lines[0])):
        return Group(BlockKind.HEADING, tuple(lines), level)
    if brief and _is_bold_heading(lines, text, type_):
        return Group(BlockKind.HEADING, tuple(lines), type_.bold_level)
    if _BULLET.match(text):
        return Group(BlockKind.LIST_ITEM, tuple(lines), 1)
    return Group(BlockKind.TEXT, tuple(lines))


def _is_bold_heading(lines: Sequence[TextLine], text: str, type_: Typography) -> bool:
    """Whether lines of body size are a heading for their weight: one or two, short or numbered, no sentence."""
    if len(lines) > 2 or text.endswith((".", ",", ";")) or not all(line.bold for line in lines):
        return False
    return (len(text) <= 100 or bool(_NUMBERED.match(text))) and lines[0].height >= 0.95 * type_.body


def _table_rows(lines: Sequence[TextLine], first: int) -> int:
    """How many lines from `first` on are rows of cells that stand below each other."""
    count = 0
    at = first
    while at < len(lines) and _cells(lines[at]) > 1:
        if at > first and not _aligned(lines[at - 1], lines[at]):
            break
        if at > first and _middle(lines[at]) - _middle(lines[at - 1]) > 3.5 * lines[at].height:
            break
        count += 1
        at += 1
    return count


def _cells(line: TextLine) -> int:
    return len(cells(line))


def cells(line: TextLine) -> list[str]:
    """The texts of a line's fragments, those that touch as one."""
    texts = [line.fragments[0].text]
    for before, fragment in pairwise(line.fragments):
        gap = max(fragment.left - before.right, before.left - fragment.right)
        if gap > 0.9 * line.height:
            texts.append(fragment.text)
        else:
            texts[-1] += fragment.text if gap < 0.12 * line.height else f" {fragment.text}"
    return texts


def _aligned(above: TextLine, below: TextLine) -> bool:
    """Whether at least two cells of a line stand below cells of the other: by their left, right or middle."""
    matched = 0
    for cell in below.fragments:
        for other in above.fragments:
            offsets = (
                cell.left - other.left,
                cell.right - other.right,
                (cell.left + cell.right - other.left - other.right) / 2,
            )
            if min(map(abs, offsets)) <= ALIGNED:
                matched += 1
                break
    return matched >= 2
