"""A text file of any size, read in stretches that end where a line does, or a word where there is no line."""

import re
from codecs import getincrementaldecoder
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from documents.parsers.base import Cursor, Parsed, Window
from documents.parsers.decoding import Encoding, encoding_of, storable

STRETCH = 4 * 1024 * 1024
"""Bytes of a stretch: as text, blocks and passages they take some thirty times as many for a moment."""
_AHEAD = 16
"""Part of a stretch that is looked at behind it, one in so many: what ends there is not cut."""
_BLOCK = 1 << 20
LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(slots=True)
class View:
    """Bytes as characters that are fit to look for line ends and blanks in, each with its place among the bytes."""

    data: bytes
    encoding: Encoding
    size: int
    """Bytes that are wanted of it."""
    final: bool
    """Whether the file ends with it."""
    shown: str = field(init=False)
    limit: int = field(init=False)
    """The place up to which it is wanted."""

    def __post_init__(self) -> None:
        # But for wide encodings a character is a byte: none of the others has the bytes of blanks inside characters.
        self.shown = self._show(self.data)
        self.limit = len(self.shown) if self.final else len(self._show(self.data[: self.size]))

    def _show(self, data: bytes) -> str:
        return data.decode(self.encoding.name if self.encoding.is_wide else "latin-1", "replace")

    def offset(self, place: int) -> int:
        """Bytes before a place."""
        return len(self.shown[:place].encode(self.encoding.name)) if self.encoding.is_wide else place

    def line_end(self) -> int:
        """The last place that is wanted and starts a line; 0 where there is none."""
        place = max(self.shown.rfind(end, 0, self.limit) for end in "\n\r") + 1
        return place + (self.shown[place - 1 : place + 1] == "\r\n") if place else 0

    def word_end(self) -> int:
        """The last place that is wanted and parts words; where there is none, the last that parts characters."""
        place = max(self.shown.rfind(blank, 0, self.limit) for blank in " \t") + 1
        while place and self.shown[place : place + 1] in (" ", "\t"):
            place += 1
        if place or self.encoding.is_wide:
            return place or self.limit
        return self.encoding.whole(self.data[: self.limit])

    def after_lines(self, number: int) -> int:
        """The place after so many lines; the last one may lack its end."""
        if not number:
            return 0
        end = next(islice(LINE_END.finditer(self.shown), number - 1, None), None)
        return end.end() if end else len(self.shown)


class TextFile:
    """A file of text that is read once, from its start or from a cursor on; its encoding is decided over all of it."""

    def __init__(self, path: str, name: str, cursor: Cursor | None) -> None:
        self.name = name
        self.size = Path(path).stat().st_size
        self._path = path
        self.ended = False
        """Whether its last window is made."""
        if cursor is None:
            with Path(path).open("rb") as file:
                self.encoding = encoding_of(file, name)
            self._at, self._lost = self.encoding.mark, 0
        else:
            self.encoding = Encoding(cursor["encoding"], exact=cursor["exact"])
            self._at, self._lost = cursor["at"], cursor["lost"]

    def view(self, size: int) -> View:
        """What comes next: `size` bytes and a little more, or all that is left."""
        with Path(self._path).open("rb") as file:
            file.seek(self._at)
            data = file.read(size + size // _AHEAD)
        return View(data, self.encoding, size, final=self._at + len(data) >= self.size)

    def text(self, view: View, place: int) -> str:
        """The text of what comes next up to a place, where a character ends."""
        return self._decoded(view.data[: view.offset(place)])[0]

    def take(self, view: View, place: int) -> str:
        """The text up to a place; what comes next is what stands there."""
        data = view.data[: view.offset(place)]
        text, self._lost = self._decoded(data)
        self._at += len(data)
        return text

    def _decoded(self, data: bytes) -> tuple[str, int]:
        if self._at + len(data) >= self.size:
            return self.encoding.last(data, lost=self._lost)
        text, lost = self.encoding.decode(data)
        return text, self._lost + lost

    def texts(self) -> Iterator[str]:
        """All of the text, in blocks of no special length."""
        decoder = getincrementaldecoder(self.encoding.name)("replace")
        with Path(self._path).open("rb") as file:
            file.seek(self.encoding.mark)
            while data := file.read(_BLOCK):
                yield storable(decoder.decode(data))

    def count(self, mark: str) -> int:
        """How often an ASCII character occurs in all of the text."""
        if self.encoding.is_wide:
            return sum(text.count(mark) for text in self.texts())
        with Path(self._path).open("rb") as file:
            return sum(data.count(mark.encode()) for data in iter(partial(file.read, _BLOCK), b""))

    def window(self, parsed: Parsed, *, continues: bool = False, **more: Any) -> Window:
        """What was made of all that was taken since the last window; `more` is kept in its cursor."""
        place = {"at": self._at, "encoding": self.encoding.name, "exact": self.encoding.exact, "lost": self._lost}
        self.ended = self._at >= self.size
        if self.ended:
            parsed = replace(parsed, warnings=(*parsed.warnings, *self.encoding.remarks(self._lost)))
        return Window(parsed, None if self.ended else place | more, "bytes", self._at, self.size, continues)
