"""The `presentation` method: every slide or page is a passage of its own, cut further only above the token budget."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import groupby
from typing import Any

from documents.chunkers import naive
from documents.chunkers.base import Passage, TokenCounter
from documents.parsers.base import Block, Line, Parsed


def chunk(parsed: Parsed, *, config: Mapping[str, Any], count: TokenCounter) -> Iterator[Passage]:
    """Yield the passages of `parsed`, in reading order, none of which reaches over two slides."""
    for _, blocks in groupby(parsed.blocks, key=_page):
        slide = list(blocks)
        start, end = slide[0].start, slide[-1].end
        alone = Parsed(text=parsed.text[start:end], blocks=tuple(_moved(block, -start) for block in slide))
        for passage in naive.chunk(alone, config=config, count=count):
            yield replace(passage, spans=tuple((left + start, right + start) for left, right in passage.spans))


def _page(block: Block) -> int:
    return block.lines[0].page if block.lines else block.page


def _moved(block: Block, by: int) -> Block:
    return replace(
        block,
        start=block.start + by,
        end=block.end + by,
        rows=tuple((start + by, end + by) for start, end in block.rows),
        lines=tuple(_moved_line(line, by) for line in block.lines),
    )


def _moved_line(line: Line, by: int) -> Line:
    return replace(line, start=line.start + by, end=line.end + by)
