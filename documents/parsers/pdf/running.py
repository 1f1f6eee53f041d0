"""Running headers and footers: what stands at the same edge of many pages is not part of the text."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from documents.parsers.pdf.fragments import Fragment, Page

EDGE = 0.1
"""Share of a page's height, at the top and at the bottom, where running lines stand."""
MIN_PAGES = 3
"""On how many pages a line must stand to be a running one; documents of fewer pages keep all their lines."""
DRIFT = 4.0
"""Points by which its height may vary."""

_NUMBERS = re.compile(r"\d+")
_ROMAN = re.compile(r"^[ivxlc]{1,7}$")

Place = tuple[str, int]
"""The words of a line, numbers aside, and its height in steps of `DRIFT`."""


def without_running_lines(pages: Sequence[Page]) -> list[list[Fragment]]:
    """The fragments of each page without its running header and footer.

    A line is dropped only if the same words, numbers aside, stand at the same height near the edge of `MIN_PAGES`
    pages, with nothing but other such lines between it and the edge.
    """
    seen: dict[Place, set[int]] = defaultdict(set)
    for page in pages:
        for fragment in _at_edges(page):
            seen[_place(fragment)].add(page.number)
    return [_kept(page, seen) for page in pages]


def _at_edges(page: Page) -> Iterator[Fragment]:
    for fragment in page.fragments:
        if fragment.bottom < EDGE * page.height or fragment.top > (1 - EDGE) * page.height:
            yield fragment


def _place(fragment: Fragment) -> Place:
    folded = " ".join(fragment.text.split())
    return "#" if _ROMAN.match(folded) else _NUMBERS.sub("#", folded), round(fragment.middle / DRIFT)


def _repeats(fragment: Fragment, seen: Mapping[Place, set[int]]) -> bool:
    words, step = _place(fragment)
    pages: set[int] = set()
    return len(pages.union(*(seen.get((words, step + drift), ()) for drift in (-1, 0, 1)))) >= MIN_PAGES


def _kept(page: Page, seen: Mapping[Place, set[int]]) -> list[Fragment]:
    edges = list(_at_edges(page))
    running = [item for item in edges if _repeats(item, seen)]
    if not running:
        return page.fragments
    half = page.height / 2
    own = [item for item in edges if item not in running]  # what is nearer to the edge protects all behind it
    highest = min((item.top for item in own if item.middle < half), default=half)
    lowest = max((item.bottom for item in own if item.middle >= half), default=half)
    dropped = {id(item) for item in running if item.middle < highest or item.middle > lowest}
    return [item for item in page.fragments if id(item) not in dropped]
