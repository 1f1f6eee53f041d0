"""PDFs with a text layer: blocks in reading order with the page and box of every line."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from documents.parsers.base import BlockKind, Cursor, Line, Parsed, Window
from documents.parsers.decoding import storable
from documents.parsers.pdf.book import Book
from documents.parsers.pdf.fragments import MAX_CHARS, Page
from documents.parsers.pdf.look import LOOKED_AT, Look, read, sample, timely
from documents.parsers.pdf.order import TextLine, regions
from documents.parsers.pdf.paragraphs import Group, cells, groups
from documents.parsers.pdf.running import places, running, without_running_lines
from documents.parsers.writer import CELL_SEPARATOR, Writer, one_line
from system.errors import DocumentFault, FaultCode

MAX_PAGES = 5_000
"""Pages of a file: they take half a minute."""
PAGES = 64
"""Pages of a window."""
BESIDE = 8
"""Pages before and after a window that are looked at for running lines, in documents too long to be looked at whole."""

_PLACEHOLDERS = frozenset({"", "untitled", "anonymous", "unspecified"})
"""What programs write where nobody named a title, author or subject."""
_HYPHENATED = re.compile(r"[^\W\d_]-$")


def windows(
    path: str, *, name: str, config: Mapping[str, Any], cursor: Cursor | None, size: int = PAGES
) -> Iterator[Window]:
    """Parse a PDF; `config["pages"]` limits it to ranges of pages, 1-based with exclusive end.

    Running headers and footers are dropped, words hyphenated at line ends joined. Pages without text and pages with
    too much of it are reported as warnings; a document without any text is `unsupported`, one under a password
    `encrypted`. No block reaches over two pages, so windows end where pages do.
    """
    with Book(path, name) as book:
        if book.total > MAX_PAGES:
            raise DocumentFault(
                FaultCode.TOO_LARGE, f"{name} has {book.total:,} pages, the limit is {MAX_PAGES:,}; split it."
            )
        wanted = _wanted(config.get("pages"), book.total)
        reading = _Reading(book, wanted, **cursor or {})
        while True:
            parsed = reading.next(size)
            if reading.at == len(wanted):
                break
            yield Window(parsed, reading.cursor(), "pages", reading.at, len(wanted))
        if wanted and not reading.filled:
            raise _no_text(name, broken=not reading.readable)
        yield Window(parsed, None, "pages", reading.at, len(wanted))


class _Reading:
    """How far a document is read."""

    def __init__(
        self,
        book: Book,
        wanted: Sequence[int],
        *,
        at: int = 0,
        look: Mapping[str, Any] | None = None,
        last: str = "",
        readable: bool = False,
        filled: bool = False,
    ) -> None:
        self._book = book
        self._wanted = wanted
        self._look = look
        self._last = last
        """Kind of the last block before."""
        self.at = at
        """How many of the wanted pages are read."""
        self.readable = readable
        """Whether any page could be read so far, and whether any had text."""
        self.filled = filled

    def cursor(self) -> dict[str, Any]:
        """Where to go on."""
        return {
            "at": self.at, "look": self._look, "last": self._last, "readable": self.readable, "filled": self.filled,
        }  # fmt: skip

    def next(self, size: int) -> Parsed:
        """The document of the next pages: at most `size`, fewer where they take long."""
        indexes = timely(self._book, self._wanted[self.at : self.at + size])
        pages = read(self._book, indexes)
        warnings = [*_damaged(indexes, pages), *_remarks(pages)]
        self.readable = self.readable or bool(pages)
        self.filled = self.filled or any(page.fragments for page in pages)
        metadata = _metadata(self._book.metadata)
        writer = Writer(after=BlockKind(self._last) if self._last else None)
        title = _write(writer, pages, self._looked(indexes, pages))
        self.at += len(indexes)
        self._last = writer.last.value if writer.last else ""
        self._book.forget(self._wanted[: max(0, self.at - BESIDE)])
        return writer.parsed(
            pages=self._book.total, title=metadata.get("title") or title, metadata=metadata, warnings=warnings
        )

    def _looked(self, indexes: Sequence[int], pages: Sequence[Page]) -> Look:
        """What is known of the document when `pages` are written."""
        if len(indexes) == len(self._wanted):
            return Look.at(pages)
        if self._look is None:
            self._look = Look.at(read(self._book, timely(self._book, sample(self._wanted)))).as_json()
        known = Look.from_json(self._look)
        if len(self._wanted) <= LOOKED_AT:
            return known
        near = read(self._book, self._wanted[max(0, self.at - BESIDE) : self.at + len(indexes) + BESIDE])
        return replace(known, run=known.run | running(places(near)))


def _wanted(ranges: Any, total: int) -> list[int]:
    """Indexes of the pages that are wanted, in order; all where no range is given."""
    if not ranges:
        return list(range(total))
    wanted = {index for first, end in ranges for index in range(max(first - 1, 0), min(end - 1, total))}
    return sorted(wanted)


def _damaged(indexes: Sequence[int], pages: Sequence[Page]) -> Iterator[str]:
    read_ = {page.number for page in pages}
    if broken := [index + 1 for index in indexes if index + 1 not in read_]:
        yield f"Damaged pages were left out: {_listed(broken)}."


def _remarks(pages: Sequence[Page]) -> Iterator[str]:
    if empty := [page.number for page in pages if not page.fragments]:
        yield (
            f"Pages without text (empty or scanned) were left out: {_listed(empty)}. Recognising text in images is "
            "not part of this version."
        )
    if cut := [page.number for page in pages if page.cut]:
        yield f"Of pages with more than {MAX_CHARS:,} characters only so many were read: {_listed(cut)}."


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers[:20])) + (" …" if len(numbers) > 20 else "")


def _no_text(name: str, *, broken: bool) -> DocumentFault:
    if broken:
        return DocumentFault(FaultCode.CORRUPT, f"All pages of {name} are damaged; print it to a new PDF, upload that.")
    return DocumentFault(
        FaultCode.UNSUPPORTED,
        f"{name} holds no text, only images (a scan, most likely). Recognising text in images is not part of this "
        "version: run it through a text recognition program and upload the searchable PDF.",
    )


def _metadata(found: Mapping[str, str]) -> dict[str, str]:
    texts = {
        key.lower(): one_line(storable(found[key]))[:500] for key in ("Title", "Author", "Subject") if key in found
    }
    return {key: text for key, text in texts.items() if text.strip("()").lower() not in _PLACEHOLDERS}


def _write(writer: Writer, pages: Sequence[Page], look: Look) -> str:
    """Write pages; returns the title that the first of the document shows."""
    title = ""
    for page in pages:
        for region in regions(without_running_lines(page, look.run)):
            for group in groups(region, look.type_):
                text, lines = _text(group, page.number)
                writer.add_lines(group.kind, text, lines, level=group.level)
                if not title and group.kind is BlockKind.HEADING and group.level == 1 and page.number == 1:
                    title = text
    return title


def _text(group: Group, page: int) -> tuple[str, list[Line]]:
    """The text of a block and its lines, whose spans count from the block's start."""
    pieces: list[str] = []
    lines: list[Line] = []
    length = 0
    for at, line in enumerate(group.lines):
        text = CELL_SEPARATOR.join(cells(line)) if group.kind is BlockKind.TABLE else line.text
        following = group.lines[at + 1] if at + 1 < len(group.lines) else None
        text, separator = _joint(text, following, group.kind)
        lines.append(
            Line(
                length, length + len(text), page, *(round(v, 2) for v in (line.left, line.right, line.top, line.bottom))
            )
        )
        pieces.append(text + separator)
        length += len(text) + len(separator)
    return "".join(pieces), lines


def _joint(text: str, following: TextLine | None, kind: BlockKind) -> tuple[str, str]:
    """A line as it is joined to the next, and what parts them: a word that was hyphenated becomes whole."""
    if following is None:
        return text, ""
    if kind is BlockKind.TABLE:
        return text, "\n"
    if _HYPHENATED.search(text):
        return (text[:-1] if following.text[:1].islower() else text), ""
    return text, " "
