"""What every parser produces: one canonical text, and blocks that annotate spans of it.

A chunk is later cut as a slice of the canonical text, so its source offsets are exact and its page boxes can be derived
from the lines it covers. For text formats (txt, md) the canonical text *is* the decoded file; for the others it is
what the parser wrote, blocks parted by blank lines.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol


class BlockKind(StrEnum):
    """What a block is in its document."""

    TEXT = "text"
    HEADING = "heading"
    LIST_ITEM = "list_item"
    TABLE = "table"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Line:
    """A visual line of a page: the span of the canonical text it prints, and its box.

    `page` is 1-based; the box is in PDF points with the origin at the top left of the page as it is displayed.
    """

    start: int
    end: int
    page: int
    left: float
    right: float
    top: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, heading, list item, table or code block: the half-open span [start, end) of the canonical text."""

    kind: BlockKind
    start: int
    end: int
    level: int = 0
    """Heading: 1 (outermost) to 6. List item: nesting depth from 1. Others: 0."""
    rows: tuple[tuple[int, int], ...] = ()
    """Table: the span of each row, in order; empty for other kinds."""
    header_rows: int = 0
    """Table: how many of the first rows are its header, repeated when the table is split."""
    page: int = 0
    """1-based page, slide or sheet number where the format has one and no `lines`; 0 where it has none."""
    lines: tuple[Line, ...] = ()
    """Visual lines in reading order where the format has pages."""
    title: str = ""
    """Heading: its text where the span shows marks besides (`## Title`); empty where the span is the text."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A parsed document."""

    text: str
    blocks: tuple[Block, ...]
    """In reading order, not overlapping."""
    pages: int = 0
    """Number of pages, slides or sheets; 0 where the format has none."""
    title: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    """What was left out and why, fit to show to the document's owner."""


Cursor = Mapping[str, Any]
"""Where a parser goes on in a file, as JSON values; only the parser that wrote it can read it."""

UNITS = frozenset({"pages", "rows", "bytes", ""})


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a file. The canonical text of a document is that of its windows, one after the other."""

    parsed: Parsed
    """The stretch alone: spans count from the start of its text, pages from the start of the document."""
    cursor: Cursor | None = None
    """Where the next window starts; None: this was the last one."""
    unit: str = ""
    """What `done` and `total` count, one of `UNITS`; nothing where a file has but one window."""
    done: int = 1
    """How much of the file is read, this window included."""
    total: int = 1
    continues: bool = False
    """Whether the first block is the rest of the last block of the window before: a long paragraph, a table."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A small picture: rows from the top, for each pixel one byte of red, green and blue."""

    width: int
    height: int
    pixels: bytes


class Painter(Protocol):
    """A file to the picture of its first page; None where it has none. Opens no more than a `Parser` does."""

    def __call__(self, path: str, *, name: str, side: int) -> Picture | None:
        """Draw the file at `path`, at most `side` pixels wide and high."""


class Parser(Protocol):
    """Bytes of one format to a `Parsed`.

    Raises `DocumentFault` with a `FaultCode` and a message that says what is wrong and what to do. Never opens
    anything but `path`, never follows links of the document.
    """

    def __call__(self, path: str, *, name: str, config: Mapping[str, Any]) -> Parsed:
        """Parse the file at `path`; `name` is the user's file name (its suffix is a hint), `config` parser_config."""


class Reader(Protocol):
    """Bytes of one format to windows, which together are the `Parsed` that the format has without them.

    Holds no more in memory than a few windows, however long the file. Goes on at `cursor`, that of any window that it
    yielded for the same file, here or in another process; None starts the file. Raises as a `Parser` does.
    """

    def __call__(self, path: str, *, name: str, config: Mapping[str, Any], cursor: Cursor | None) -> Iterator[Window]:
        """Read the file at `path`."""
