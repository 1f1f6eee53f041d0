"""Plain text and source code: the canonical text is the decoded file."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from documents.filetypes import Format, sniff
from documents.parsers.base import Block, BlockKind, Cursor, Parsed, Window
from documents.parsers.stretches import STRETCH, TextFile, View

_PARAGRAPH_END = re.compile(r"(?>\r\n|\n|\r)[ \t]*(?:\r\n|\n|\r)(?:[ \t]*[\r\n\f])*|\f")
# Without regard to blank lines between them; a file that is wrapped at some width has no second line that is so long.
_FIRST_LINES = re.compile(r"\s*(?P<title>\S[^\r\n\f]*?)[ \t]*[\r\n\f]\s*(?P<text>[^\r\n\f]+)")
_TITLE = 250
"""Characters of a title, at most."""
_LONGER = 2
"""How many times as long as its title the first line of a text is, at least."""
_REACH = 256 * 1024
"""Characters before the end of a stretch in which a paragraph is looked for to end it with."""


def windows(
    path: str, *, name: str, config: Mapping[str, Any], cursor: Cursor | None, size: int = STRETCH
) -> Iterator[Window]:
    """Decode a text file; paragraphs, parted by blank lines or form feeds, are its blocks, and its title is a heading.

    In source code the blocks are `CODE`, so that nobody takes its line breaks away. A window ends where a paragraph
    does, else where a line does, else between words.
    """
    file = TextFile(path, name, cursor)
    with Path(path).open("rb") as start:
        kind = BlockKind.CODE if sniff(start.read(1024), name) is Format.CODE else BlockKind.TEXT
    torn = cursor["torn"] if cursor else False
    titled = cursor is None and kind is BlockKind.TEXT
    while not file.ended:
        view = file.view(size)
        place = len(view.shown) if view.final else _paragraph_end(view)
        text = file.take(view, place or view.line_end() or view.word_end())
        blocks = tuple(_blocks(text, kind, titled=titled))
        titled = False
        continues = torn and bool(blocks) and blocks[0].start == 0
        torn = not place
        yield file.window(Parsed(text, blocks), continues=continues, torn=torn)


def _blocks(text: str, kind: BlockKind, *, titled: bool) -> Iterator[Block]:
    since = 0
    if titled and (title := _title(text)):
        start, since = title
        yield Block(BlockKind.HEADING, start, since, level=1)
    for start, end in paragraphs(text[since:]):
        yield Block(kind, start + since, end + since)


def _title(text: str) -> tuple[int, int] | None:
    """The span of a first line that what follows it is much longer than: whoever writes so gives a text its title."""
    match = _FIRST_LINES.match(text)
    if match is None or match.end("title") - match.start("title") > _TITLE:
        return None
    start, end = match.span("title")
    return (start, end) if match.end() - match.start("text") >= _LONGER * (end - start) else None


def _paragraph_end(view: View) -> int:
    """The last place that is wanted and starts a paragraph; 0 where there is none near."""
    start = max(0, view.limit - _REACH)
    ends = (match.end() for match in _PARAGRAPH_END.finditer(view.shown, start) if match.start() < view.limit)
    return max((end for end in ends if end < len(view.shown)), default=0)


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
