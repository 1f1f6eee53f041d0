"""What a page does not tell of itself: the typography of its document, and which lines run through it.

A document of up to `LOOKED_AT` pages is looked at whole, so that its windows read as the whole does. Of a longer one,
runs of pages from all over it are; a line then counts as running also where it does so in a window and the pages
beside that. So what differs is a line that stands at the edge of three pages or more, of which no run has three and no
window with its neighbours: it is left in the text. And a size of letters that no run shows gets the level of the next
smaller one. So it is, too, where the pages to be looked at take longer than `SECONDS`: then the first of them count.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from documents.parsers.pdf.book import Book
from documents.parsers.pdf.fragments import Page
from documents.parsers.pdf.order import regions
from documents.parsers.pdf.paragraphs import Typography, typography
from documents.parsers.pdf.running import Place, places, running, without_running_lines

LOOKED_AT = 256
SECONDS = 5.0
"""Processor time after which no more pages are looked at, or read for a window: some drawings take a second each."""
_RUN = 8
"""Pages of a run: enough for a header that stands on every second page."""
_LONGEST = 120
"""Characters of a running line that is remembered."""
_MOST = 500


@dataclass(frozen=True, slots=True)
class Look:
    """What is known of a document before its pages are written."""

    type_: Typography
    run: frozenset[Place]

    @classmethod
    def at(cls, pages: Sequence[Page]) -> Self:
        """What pages tell together."""
        run = running(places(pages))
        laid_out = (regions(without_running_lines(page, run)) for page in pages)
        return cls(typography([line for page in laid_out for region in page for line in region]), run)

    def as_json(self) -> dict[str, Any]:
        """What `from_json` reads."""
        kept = sorted(place for place in self.run if len(place[0]) <= _LONGEST)
        return {"body": self.type_.body, "levels": list(self.type_.levels.items()), "run": kept[:_MOST]}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """What `as_json` wrote."""
        levels = dict(content["levels"])
        return cls(Typography(content["body"], levels), frozenset((words, step) for words, step in content["run"]))


def sample(wanted: Sequence[int]) -> list[int]:
    """The pages to look at: all, or runs from the first to the last."""
    if len(wanted) <= LOOKED_AT:
        return list(wanted)
    number = LOOKED_AT // _RUN
    starts = (at * (len(wanted) - _RUN) // (number - 1) for at in range(number))
    return [page for start in starts for page in wanted[start : start + _RUN]]


def timely(book: Book, indexes: Sequence[int]) -> list[int]:
    """The first pages of some, as many as `SECONDS` are enough to read; one at least."""
    until = time.process_time() + SECONDS
    found: list[int] = []
    for index in indexes:
        book.page(index)
        found.append(index)
        if time.process_time() > until:
            break
    return found


def read(book: Book, indexes: Sequence[int]) -> list[Page]:
    """The pages that can be read."""
    return [page for index in indexes if (page := book.page(index))]
