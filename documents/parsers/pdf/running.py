"""Running headers and footers: what stands at the same edge of many pages is not part of the text."""

import re
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping

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


def places(pages: Iterable[Page]) -> dict[Place, set[int]]:
    """On which pages the lines near the edges stand."""
    seen: dict[Place, set[int]] = defaultdict(set)
    for page in pages:
        for fragment in _at_edges(page):
            seen[_place(fragment)].add(page.number)
    return seen


def running(seen: Mapping[Place, set[int]]) -> frozenset[Place]:
    """The places of running lines."""
    return frozenset(place for place in seen if _repeats(place, seen))


def without_running_lines(page: Page, run: Container[Place]) -> list[Fragment]:
    """The fragments of a page without its running header and footer.

    A line is dropped only if the same words, numbers aside, stand at the same height near the edge of `MIN_PAGES`
    pages (then its place is in `run`), with nothing but other such lines between it and the edge.
    """
    edges = list(_at_edges(page))
    repeated = [item for item in edges if _place(item) in run]
    if not repeated:
        return page.fragments
    half = page.height / 2
    own = [item for item in edges if item not in repeated]  # what is nearer to the edge protects all behind it
    highest = min((item.top for item in own if item.middle < half), default=half)
    lowest = max((item.bottom for item in own if item.middle >= half), default=half)
    dropped = {id(item) for item in repeated if item.middle < highest or item.middle > lowest}
    return [item for item in page.fragments if id(item) not in dropped]


def _at_edges(page: Page) -> Iterator[Fragment]:
    for fragment in page.fragments:
        if fragment.bottom < EDGE * page.height or fragment.top > (1 - EDGE) * page.height:
            yield fragment


def _place(fragment: Fragment) -> Place:
    folded = " ".join(fragment.text.split())
    return "#" if _ROMAN.match(folded) else _NUMBERS.sub("#", folded), round(fragment.middle / DRIFT)


def _repeats(place: Place, seen: Mapping[Place, set[int]]) -> bool:
    words, step = place
    pages: set[int] = set()
    return len(pages.union(*(seen.get((words, step + drift), ()) for drift in (-1, 0, 1)))) >= MIN_PAGES
