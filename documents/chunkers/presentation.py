"""The `presentation` method: every slide or page is a passage of its own, cut further only above the token budget."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import groupby
from typing import Any

from documents.chunkers import naive
from documents.chunkers.base import Passage, TokenCounter
from documents.chunkers.holding import Hold
from documents.parsers.base import Block, Parsed
from documents.parsers.blocks import moved


def chunk(
    parsed: Parsed, *, config: Mapping[str, Any], count: TokenCounter, hold: Hold | None = None
) -> Iterator[Passage]:
    """Yield the passages of `parsed`, in reading order, none of which reaches over two slides.

    Windows end where a page ends, so nothing is held back.
    """
    for _, blocks in groupby(parsed.blocks, key=_page):
        slide = list(blocks)
        start, end = slide[0].start, slide[-1].end
        alone = Parsed(text=parsed.text[start:end], blocks=tuple(moved(block, -start) for block in slide))
        for passage in naive.chunk(alone, config=config, count=count):
            yield replace(passage, spans=tuple((left + start, right + start) for left, right in passage.spans))
    if hold:
        hold.since = len(parsed.text)


def _page(block: Block) -> int:
    return block.lines[0].page if block.lines else block.page
