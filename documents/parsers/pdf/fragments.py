"""Words and line fragments of a PDF page, from the characters and boxes PDFium reports."""

import ctypes
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

MAX_CHARS = 100_000
"""Characters of a page that are read; a dense newspaper page has 30,000."""
GAP = 1.4
"""Widest gap between words of one fragment, in heights of their boxes: more parts columns or cells."""

_HYPHEN = "\x02"
"""PDFium's sign for a hyphen at the end of a line; it joins the lines, we part them again."""
_WORD = re.compile(r"[^\s\x02]+\x02?|\x02")
_JUNK = re.compile("[\0-\x08\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff\u200b\ufeff]")
_BOLD = re.compile(rb"bold|black|heavy|medi$|-bd|(?:cm|sf|ec|lm)(?:bx|sx|ssbx)\d", re.IGNORECASE)
"""Names of bold fonts, those of TeX included; weights and flags in the file are wrong too often."""


@dataclass(slots=True)
class Fragment:
    """Words of one line that stand close together; points, origin at the top left of the page as displayed."""

    text: str
    left: float
    right: float
    top: float
    bottom: float
    height: float
    """Size of its letters, points."""
    bold: bool
    order: int
    """Its place in the page's content."""
    middle: float = field(init=False)
    """Vertical centre."""

    def __post_init__(self) -> None:
        self.middle = (self.top + self.bottom) / 2


@dataclass(frozen=True, slots=True)
class Page:
    """What is written on a page."""

    number: int
    """1-based."""
    width: float
    height: float
    fragments: list[Fragment]
    """In the order of the page's content."""
    cut: bool = False
    """Whether the page has more characters than `MAX_CHARS`."""


@dataclass(slots=True)
class _Word:
    text: str
    first: int
    left: float
    right: float
    top: float
    bottom: float


def read_page(document: pdfium.PdfDocument, index: int) -> Page:
    """Read the page at `index` (0-based); raises pdfium.PdfiumError when it cannot be loaded."""
    page = document[index]
    try:
        text_page = page.get_textpage()
        try:
            view = _View(page)
            total = text_page.count_chars()
            count = min(total, MAX_CHARS)
            lines = _words(text_page.raw, count, view)
            fragments = [
                piece for words in lines for piece in _fragments(words, text_page.raw, turned=_is_turned(words))
            ]
            return Page(index + 1, view.width, view.height, fragments, cut=total > count)
        finally:
            text_page.close()
    finally:
        page.close()


class _View:
    """Turns boxes of a page's own coordinates into those of the page as it is displayed."""

    def __init__(self, page: pdfium.PdfPage) -> None:
        box = pdfium_c.FS_RECTF()
        pdfium_c.FPDF_GetPageBoundingBox(page.raw, box)
        self._left, self._bottom, self._right, self._top = box.left, box.bottom, box.right, box.top
        self._rotation = pdfium_c.FPDFPage_GetRotation(page.raw)
        size = (self._right - self._left, self._top - self._bottom)
        self.width, self.height = size if self._rotation % 2 == 0 else size[::-1]

    def shown(self, left: float, bottom: float, right: float, top: float) -> tuple[float, float, float, float]:
        """Left, top, right, bottom from the top left corner; /Rotate turns clockwise (ISO 32000-1, 7.7.3.3)."""
        if self._rotation == 0:
            return left - self._left, self._top - top, right - self._left, self._top - bottom
        if self._rotation == 1:
            return bottom - self._bottom, left - self._left, top - self._bottom, right - self._left
        if self._rotation == 2:
            return self._right - right, bottom - self._bottom, self._right - left, top - self._bottom
        return self._top - top, self._right - right, self._top - bottom, self._right - left

    def holds(self, word: _Word) -> bool:
        """Whether any of the word is on the page: what is cropped away is not read."""
        return word.right > 0 and word.left < self.width and word.bottom > 0 and word.top < self.height


def _characters(text_page: Any, count: int) -> str:
    """`count` characters, one for each index; PDFium's text call is fast but may skip some or pair surrogates."""
    buffer = (ctypes.c_ushort * (count + 1))()
    written = pdfium_c.FPDFText_GetText(text_page, 0, count, buffer)
    text = bytes(buffer)[: max(written - 1, 0) * 2].decode("utf-16-le", "replace")
    if len(text) == count:
        return text.replace("\ufffe", _HYPHEN)  # this call's sign for the same
    codes = (pdfium_c.FPDFText_GetUnicode(text_page, at) for at in range(count))
    return "".join(chr(code) if 0 < code < 0x110000 else " " for code in codes)


def _words(text_page: Any, count: int, view: _View) -> Iterator[list[_Word]]:
    """The words of each line as PDFium tells lines apart."""
    text = _characters(text_page, count)
    boxes = (pdfium_c.FS_RECTF * count)()
    get_box = pdfium_c.FPDFText_GetLooseCharBox
    for at, box in enumerate(boxes):
        get_box(text_page, at, box)
    flat = memoryview(boxes).cast("B").cast("f").tolist()  # left, top, right, bottom of each character
    lefts, tops, rights, bottoms = flat[::4], flat[1::4], flat[2::4], flat[3::4]
    tidy = not _JUNK.search(text)
    start = 0
    for line in text.splitlines(keepends=True):
        words: list[_Word] = []
        for match in _WORD.finditer(line):
            first, last = start + match.start(), start + match.end()
            hyphen = match[0].endswith(_HYPHEN)
            if hyphen and last > first + 1:
                last -= 1  # the sign's own box lies on the next line
            shown = match[0] if tidy else _JUNK.sub("", match[0].rstrip(_HYPHEN) + ("-" if hyphen else ""))
            box = min(lefts[first:last]), min(bottoms[first:last]), max(rights[first:last]), max(tops[first:last])
            left, top, right, bottom = view.shown(*box)
            word = _Word(shown, first, left, right, top, bottom)
            if shown and view.holds(word):
                words.append(word)
            if hyphen:
                yield words
                words = []
        yield words
        start += len(line)


def _is_turned(words: list[_Word]) -> bool:
    """Whether a line runs up or down the page."""
    if not words:
        return False
    width = max([word.right for word in words]) - min([word.left for word in words])
    height = max([word.bottom for word in words]) - min([word.top for word in words])
    return height > 3 * width and sum(len(word.text) for word in words) > 3


def _fragments(words: list[_Word], text_page: Any, *, turned: bool) -> Iterator[Fragment]:
    """The words of a line in groups: a wide gap, or a leap to another height, begins a new one."""
    group: list[_Word] = []
    for word in words:
        if group and not turned and _parts(group[-1], word):
            yield _fragment(group, text_page)
            group = []
        group.append(word)
    if group:
        yield _fragment(group, text_page)


def _parts(before: _Word, word: _Word) -> bool:
    height = max(min(before.bottom - before.top, word.bottom - word.top), 1.0)
    gap = max(word.left - before.right, before.left - word.right)
    leap = abs(before.top + before.bottom - word.top - word.bottom) / 2
    return gap > GAP * height or leap > 0.8 * max(before.bottom - before.top, word.bottom - word.top)


def _fragment(words: list[_Word], text_page: Any) -> Fragment:
    longest = max(words, key=lambda word: len(word.text))
    return Fragment(
        text=" ".join(word.text for word in words),
        left=min([word.left for word in words]),  # lists: three times as fast as generators here
        right=max([word.right for word in words]),
        top=min([word.top for word in words]),
        bottom=max([word.bottom for word in words]),
        height=_size(text_page, longest),
        order=words[0].first,
        bold=_is_bold(text_page, words[0].first) and _is_bold(text_page, words[-1].first),
    )


def _size(text_page: Any, word: _Word) -> float:
    """The size of a word's letters as they are displayed, points: that of its font, scaled by its matrix."""
    matrix = pdfium_c.FS_MATRIX()
    size = abs(pdfium_c.FPDFText_GetFontSize(text_page, word.first))
    if pdfium_c.FPDFText_GetMatrix(text_page, word.first, matrix):
        size *= math.hypot(matrix.c, matrix.d)
    return size if 0.5 < size < 2000 else max(word.bottom - word.top, 0.5)


def _is_bold(text_page: Any, index: int) -> bool:
    name = ctypes.create_string_buffer(128)
    flags = ctypes.c_int()
    pdfium_c.FPDFText_GetFontInfo(text_page, index, name, 128, flags)
    return bool(_BOLD.search(name.value))
