"""Blocks moved, cut and joined: what becomes of them when the text they annotate does."""

from dataclasses import replace

from documents.parsers.base import Block


def moved(block: Block, by: int) -> Block:
    """The block where its text begins `by` characters later."""
    return replace(
        block,
        start=block.start + by,
        end=block.end + by,
        rows=tuple((start + by, end + by) for start, end in block.rows),
        lines=tuple(replace(line, start=line.start + by, end=line.end + by) for line in block.lines),
    )


def clipped(block: Block, since: int, until: int | None = None) -> Block:
    """What is left of the block from the offset `since` on, up to `until`."""
    end = block.end if until is None else min(block.end, until)
    if block.start >= since and block.end == end:
        return block
    before = sum(last <= since for _, last in block.rows) if block.start < since else 0
    rows = [(max(first, since), min(last, end)) for first, last in block.rows[before:] if first < end]
    return replace(
        block,
        start=max(block.start, since),
        end=end,
        rows=tuple(rows),
        header_rows=max(0, block.header_rows - before),
        lines=tuple(
            replace(line, start=max(line.start, since), end=min(line.end, end))
            for line in block.lines
            if line.end > since and line.start < end
        ),
    )


def joined(block: Block, rest: Block) -> Block:
    """One block of a block and its rest."""
    return replace(block, end=rest.end, rows=block.rows + rest.rows, lines=block.lines + rest.lines)
