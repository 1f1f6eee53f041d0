"""HTML: headings, paragraphs, lists, tables and preformatted text of a page; links and images are never fetched."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from documents.parsers.base import BlockKind, Parsed
from documents.parsers.decoding import decode, read_bytes
from documents.parsers.writer import Writer, one_line
from system.errors import DocumentFault, FaultCode

MAX_HTML_BYTES = 64 * 1024 * 1024
"""Bytes of a page: its tree takes some ten times as many."""

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_SKIPPED = frozenset({
    "script", "style", "template", "noscript", "svg", "math", "head", "iframe", "object", "embed", "applet", "audio",
    "video", "canvas", "map", "select", "datalist", "textarea", "button", "input",
})  # fmt: skip
_BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "center", "dd", "details", "dialog", "dir", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "header", "hgroup", "hr", "html", "legend", "li", "main",
    "menu", "nav", "ol", "p", "pre", "search", "section", "summary", "td", "th", "tr", "tbody", "thead", "tfoot",
    "table", "caption", "ul",
})  # fmt: skip
_LISTS = frozenset({"ul", "ol", "menu", "dir"})
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")


def parse(path: str, *, name: str, config: Mapping[str, Any]) -> Parsed:
    """Parse an HTML page; what browsers do not show (scripts, styles, hidden elements) is left out."""
    data = read_bytes(path, name, limit=MAX_HTML_BYTES)
    declared = _CHARSET.search(data[:4096])
    text, warnings = decode(data, name, declared=_web_encoding(declared[1]) if declared else "")
    writer = Writer()
    title = write_html(text, writer, name)
    return writer.parsed(title=title, warnings=warnings)


def write_html(source: str, writer: Writer, name: str) -> str:
    """Write the blocks of a page and return its title; raises `too_large` for elements nested beyond 256 levels."""
    root = _tree(_DECLARATION.sub("", source), name)
    if root is None:
        return ""
    title = next(root.iter("title"), None)
    _Walk(writer).write(root)
    return one_line("".join(title.itertext())) if title is not None else ""


def _web_encoding(label: bytes) -> str:
    """The encoding a page means by its label (WHATWG Encoding Standard 4.2, the labels that differ from Python's)."""
    name = label.decode("ascii", "replace").lower()
    if name in {"iso-8859-1", "latin1", "ascii", "us-ascii"}:
        return "cp1252"
    return "gb18030" if name in {"gb2312", "gbk"} else name


def _tree(source: str, name: str) -> Any:
    parser = etree.HTMLParser(
        encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True, remove_pis=True, recover=True
    )
    try:
        root = etree.fromstring(source.encode("utf-8"), parser)
    except etree.XMLSyntaxError:
        return None  # nothing but white space or comments
    if any("depth" in entry.message for entry in parser.error_log):
        raise DocumentFault(
            FaultCode.TOO_LARGE,
            f"{name} nests its elements more than 256 levels deep, which no browser needs; simplify it and upload it "
            "again.",
        )
    return root


def _is_hidden(element: Any) -> bool:
    return (
        "hidden" in element.attrib
        or element.get("aria-hidden") == "true"
        or bool(_HIDDEN.search(element.get("style") or ""))
    )


@dataclass(slots=True)
class _Walk:
    """Walks the tree without recursion; inline text gathers until a block element begins or ends."""

    writer: Writer
    pieces: list[str] = field(default_factory=list)
    lists: list[int] = field(default_factory=list)
    """The next number of each open list; 0 for lists without numbers."""
    marker: str = ""

    def write(self, root: Any) -> None:
        walk = etree.iterwalk(root, events=("start", "end"))
        done = None
        for event, element in walk:
            if event == "start":
                if self._starts(element):
                    walk.skip_subtree()
                    done = element
                continue
            if element is not done:
                self._ends(element.tag)
            if element is not root and element.tail:
                self.pieces.append(_collapse(element.tail))
        self._flush()

    def _starts(self, element: Any) -> bool:
        """Begin an element; True when its subtree is done or left out."""
        tag = element.tag
        if not isinstance(tag, str) or tag in _SKIPPED or _is_hidden(element):
            return True
        if tag in _HEADINGS:
            self._flush()
            self.writer.add(BlockKind.HEADING, text_of(element), level=_HEADINGS[tag])
            return True
        if tag == "pre":
            self._flush()
            self.writer.add(BlockKind.CODE, "".join(_visible(element)).replace("\r\n", "\n"))
            return True
        if tag == "table" and _is_data(element):
            self._flush()
            self._table(element)
            return True
        self._opens(element, tag)
        return False

    def _opens(self, element: Any, tag: str) -> None:
        if tag in _BLOCKS:
            self._flush()
        if tag in _LISTS:
            self.lists.append(_number(element.get("start")) if tag == "ol" else 0)
        elif tag == "li":
            self._item()
        elif tag == "br":
            self.pieces.append("\n")
        if element.text:
            self.pieces.append(_collapse(element.text))

    def _ends(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._flush()
        if tag in _LISTS and self.lists:
            self.lists.pop()
        if tag == "li":
            self.marker = ""

    def _item(self) -> None:
        self.marker = "- "
        if self.lists and self.lists[-1]:
            self.marker = f"{self.lists[-1]}. "
            self.lists[-1] += 1

    def _flush(self) -> None:
        text = "".join(self.pieces)
        self.pieces.clear()
        if not text.strip():
            return
        text = re.sub(r"[ \t]*\n[ \t]*", "\n", re.sub(r"[ \t\r]+", " ", text)).strip()
        if self.lists or self.marker:
            self.writer.add(BlockKind.LIST_ITEM, self.marker + text, level=max(1, len(self.lists)))
            self.marker = ""
        else:
            self.writer.add(BlockKind.TEXT, text)

    def _table(self, table: Any) -> None:
        for caption in table.iterchildren("caption"):
            self.writer.add(BlockKind.TEXT, text_of(caption))
        rows = [row for row in table.iter("tr") if not _is_hidden(row)]
        header = 0
        for row in rows:
            cells = [cell.tag for cell in row.iterchildren("td", "th")]
            if row.getparent().tag != "thead" and not (cells and set(cells) == {"th"}):
                break
            header += 1
        self.writer.table(
            ([text_of(cell) for cell in row.iterchildren("td", "th")] for row in rows), header_rows=header
        )


def _number(start: str | None) -> int:
    return int(start) if start and start.isascii() and start.isdigit() and len(start) < 7 and int(start) else 1


def _is_data(table: Any) -> bool:
    """Whether a table shows data; one that holds tables, headings or a single cell only arranges the page."""
    if table.get("role") in {"presentation", "none"}:
        return False
    if next(table.iterdescendants("table", "pre", *_HEADINGS), None) is not None:
        return False
    cells = table.iterdescendants("td", "th")
    return next(cells, None) is not None and next(cells, None) is not None


def _collapse(text: str) -> str:
    return re.sub(r"[ \t\r\n\f]+", " ", text)


def _visible(element: Any) -> Iterator[str]:
    """The text of an element without what is not shown; block elements and line breaks part words."""
    walk = etree.iterwalk(element, events=("start", "end"))
    for event, node in walk:
        if event == "start":
            if not isinstance(node.tag, str) or node.tag in _SKIPPED or (node is not element and _is_hidden(node)):
                walk.skip_subtree()
            elif node.tag == "br" or (node.tag in _BLOCKS and node is not element):
                yield "\n"
                yield node.text or ""
            else:
                yield node.text or ""
        elif node is not element:
            yield node.tail or ""


def text_of(element: Any) -> str:
    """The visible text of an element on one line."""
    return one_line("".join(_visible(element)))
