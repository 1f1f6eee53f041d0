"""Plain text and source code: the canonical text is the decoded file."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from documents.filetypes import Format, sniff
from documents.parsers.base import Block, BlockKind, Parsed
from documents.parsers.decoding import decode, read_bytes
from documents.parsers.writer import check_length

_PARAGRAPH_END = re.compile(r"(?>\r\n|\n|\r)[ \t]*(?:\r\n|\n|\r)(?:[ \t]*[\r\n\f])*|\f")


def parse(path: str, *, name: str, config: Mapping[str, Any]) -> Parsed:
    """Decode a text file; paragraphs, parted by blank lines or form feeds, are its blocks.

    In source code the blocks are `CODE`, so that nobody takes its line breaks away.
    """
    data = read_bytes(path, name)
    text, warnings = decode(data, name)
    check_length(len(text))
    kind = BlockKind.CODE if sniff(data[:1024], name) is Format.CODE else BlockKind.TEXT
    blocks = tuple(Block(kind, start, end) for start, end in paragraphs(text))
    return Parsed(text, blocks, warnings=warnings)


def paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Spans of the paragraphs of a text, without white space around them; the first line keeps its indentation."""
    start = 0
    for match in _PARAGRAPH_END.finditer(text):
        yield from _trimmed(text, start, match.start())
        start = match.end()
    yield from _trimmed(text, start, len(text))


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    piece = text[start:end]
    if piece.strip():
        lead = len(piece) - len(piece.lstrip("\r\n\f"))
        yield start + lead, start + len(piece.rstrip())
