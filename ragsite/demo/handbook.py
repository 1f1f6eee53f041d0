"""The handbook's Markdown as typed blocks, which every output format can render completely.

Only what the formats can show is allowed (docs/handbook/README.md lists it): anything else raises `ValueError` with
file and line, so that no sample silently lacks a part of its source.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

_CHAIN_LINK = re.compile(r"^\s*(\w+)(?:\[(.+?)\])?\s*-->\|(.+?)\|\s*(\w+)(?:\[(.+?)\])?\s*$")


class Style(StrEnum):
    """How a span of text is set."""

    PLAIN = "plain"
    STRONG = "strong"
    EMPHASIS = "emphasis"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Span:
    """A run of characters of one style."""

    text: str
    style: Style = Style.PLAIN


Spans = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; `level` 1 is the title of the page."""

    level: int
    spans: Spans


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of running text."""

    spans: Spans


@dataclass(frozen=True, slots=True)
class Note:
    """A quoted paragraph: an aside, on slides what the speaker says."""

    spans: Spans


@dataclass(frozen=True, slots=True)
class Listing:
    """A flat list, numbered from 1 or bulleted."""

    numbered: bool
    items: tuple[Spans, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table; every row has as many cells as the header."""

    header: tuple[Spans, ...]
    rows: tuple[tuple[Spans, ...], ...]


@dataclass(frozen=True, slots=True)
class Code:
    """Verbatim lines of a language."""

    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Chain:
    """A figure: boxes in a row, `arrows[i]` is the label between boxes i and i + 1."""

    boxes: tuple[str, ...]
    arrows: tuple[str, ...]


Block = Heading | Paragraph | Note | Listing | Table | Code | Chain


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the handbook; `blocks` start with its title."""

    source: str
    blocks: tuple[Block, ...]

    @property
    def title(self) -> str:
        """The text of the first heading."""
        return next(plain(block.spans) for block in self.blocks if isinstance(block, Heading))

    def sections(self) -> Iterator[tuple[str, tuple[Block, ...]]]:
        """(heading, blocks) of each level-2 section, in order; the blocks before the first have the page's title."""
        name, blocks = self.title, list[Block]()
        for block in self.blocks:
            if isinstance(block, Heading) and block.level <= 2:
                if blocks:
                    yield name, tuple(blocks)
                name, blocks = plain(block.spans), []
            else:
                blocks.append(block)
        if blocks:
            yield name, tuple(blocks)


def plain(spans: Iterable[Span]) -> str:
    """The characters of `spans` without their styles."""
    return "".join(span.text for span in spans)


def load(path: Path) -> Page:
    """The page at `path`. Raises `ValueError` for Markdown that not every format can show."""
    return Page(path.name, tuple(_Reader(path).blocks()))


class _Reader:
    """Walks the tokens of one file."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self.tokens = MarkdownIt("commonmark").enable("table").parse(path.read_text(encoding="utf-8"))
        self.at = 0
        self.line = 0

    def blocks(self) -> Iterator[Block]:
        while self.at < len(self.tokens):
            yield self.block(self.next())

    def next(self) -> Token:
        token = self.tokens[self.at]
        self.at += 1
        self.line = token.map[0] + 1 if token.map else self.line
        return token

    def until(self, closing: str) -> Iterator[Token]:
        while (token := self.next()).type != closing:
            yield token

    def block(self, token: Token) -> Block:
        match token.type:
            case "heading_open":
                return Heading(int(token.tag[1]), self.inline("heading_close"))
            case "paragraph_open":
                return Paragraph(self.inline("paragraph_close"))
            case "blockquote_open":
                return Note(self.inline("blockquote_close"))
            case "bullet_list_open" | "ordered_list_open":
                return self.listing(token)
            case "table_open":
                return self.table()
            case "fence" if token.info == "mermaid":
                return self.chain(token.content)
            case "fence":
                return Code(token.info, token.content.rstrip("\n"))
            case other:
                raise self.refused(other)

    def inline(self, closing: str) -> Spans:
        """The one inline run before `closing`."""
        runs = [token for token in self.until(closing) if token.type not in {"paragraph_open", "paragraph_close"}]
        if [token.type for token in runs] != ["inline"]:
            raise self.refused(f"more than one paragraph before {closing}")
        return self.spans(runs[0])

    def listing(self, opening: Token) -> Listing:
        items = []
        for token in self.until(opening.type.replace("open", "close")):
            if token.type != "list_item_open":
                raise self.refused(token.type)
            items.append(self.inline("list_item_close"))
        return Listing(opening.type == "ordered_list_open", tuple(items))

    def table(self) -> Table:
        rows: list[list[Spans]] = []
        for token in self.until("table_close"):
            if token.type == "tr_open":
                rows.append([])
            elif token.type == "inline":
                rows[-1].append(self.spans(token))
        return Table(tuple(rows[0]), tuple(tuple(row) for row in rows[1:]))

    def chain(self, text: str) -> Chain:
        boxes: list[str] = []
        arrows: list[str] = []
        for line in text.splitlines()[1:]:  # the first line says `flowchart LR`
            if not (link := _CHAIN_LINK.match(line)):
                raise self.refused(f"flow chart line {line.strip()!r}")
            left, right = link[2], link[5]
            boxes.extend(label for label in (left, right) if label)
            arrows.append(link[3])
        if len(boxes) != len(arrows) + 1:
            raise self.refused("flow chart that is not a chain")
        return Chain(tuple(boxes), tuple(arrows))

    def spans(self, inline: Token) -> Spans:
        spans: list[Span] = []
        style = Style.PLAIN
        for token in inline.children or []:
            match token.type:
                case "text":
                    spans.append(Span(token.content, style))
                case "code_inline":
                    spans.append(Span(token.content, Style.CODE))
                case "softbreak":
                    spans.append(Span(" ", style))
                case "strong_open":
                    style = Style.STRONG
                case "em_open":
                    style = Style.EMPHASIS
                case "strong_close" | "em_close":
                    style = Style.PLAIN
                case other:
                    raise self.refused(other)
        return tuple(span for span in spans if span.text)

    def refused(self, what: str) -> ValueError:
        return ValueError(f"{self.name}:{self.line}: {what} cannot be rendered; docs/handbook/README.md says what can")
