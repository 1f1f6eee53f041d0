"""Bytes of unknown encoding to text."""

import codecs
import re
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO

from charset_normalizer import from_bytes

from documents.filetypes import is_text, utf16_without_bom
from system.errors import DocumentFault, FaultCode

MAX_FILE_BYTES = 256 * 1024 * 1024
"""A text file is held in memory as bytes and as text, within the parser child's 1 GiB."""
SAMPLE_BYTES = 65_536
"""How much of a file of unknown encoding is judged: charset-normalizer is slow on more and no surer."""

_BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\0\0", "utf-32-le"),
    (b"\0\0\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_BLOCK = 1 << 20
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def read_bytes(path: str, name: str, *, limit: int = MAX_FILE_BYTES) -> bytes:
    """The bytes of the file; `too_large` above `limit` bytes."""
    with Path(path).open("rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise DocumentFault(
            FaultCode.TOO_LARGE,
            f"{name} has more than {limit // 2**20} MiB, the limit of its format; split it into smaller files.",
        )
    return data


def storable(text: str) -> str:
    """The text without NUL and lone surrogates, which neither PostgreSQL nor JSON can hold."""
    return text.replace("\0", "") if text.isascii() else _UNSTORABLE.sub("", text)


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the bytes of a file are read as text."""

    name: str
    mark: int = 0
    """Bytes of the byte order mark, which is no part of the text."""
    exact: bool = False
    """Whether it is known that all bytes are text in it."""

    @property
    def is_wide(self) -> bool:
        """Whether a character takes two bytes or more, ASCII too."""
        return self.name.startswith(("utf-16", "utf-32"))

    def decode(self, data: bytes) -> tuple[str, int]:
        """The storable text of whole characters, and how many of them are lost: bytes that are none become U+FFFD."""
        text = data.decode(self.name, "replace")
        return storable(text), 0 if self.exact else text.count("\ufffd")

    def last(self, data: bytes, *, lost: int = 0) -> tuple[str, int]:
        """The end of a text, of which `lost` characters are lost already; half a character at the end is no loss."""
        text, more = self.decode(data)
        if lost + more == 1 and text.endswith("\ufffd"):
            return text[:-1], 0
        return text, lost + more

    def remarks(self, lost: int) -> tuple[str, ...]:
        """The warning about lost characters, if there are any."""
        return (f"{lost} characters could not be decoded as {self.name} and were replaced.",) if lost else ()

    def whole(self, data: bytes) -> int:
        """How many bytes of `data` are whole characters: what is left at its end is the first part of one."""
        decoder = codecs.getincrementaldecoder(self.name)("replace")
        decoder.decode(data)
        return len(data) - len(decoder.getstate()[0])


def encoding_of(file: IO[bytes], name: str, *, declared: str = "") -> Encoding:
    """The encoding of a file, from all of it; raises `unsupported` for bytes that are no text.

    In order: byte order mark, UTF-8, the encoding the file declares, charset-normalizer's best guess.
    """
    file.seek(0)
    sample = file.read(SAMPLE_BYTES)
    for mark, encoding in _BOMS:
        if sample.startswith(mark):
            return Encoding(encoding, len(mark))
    if not is_text(sample):
        raise DocumentFault(
            FaultCode.UNSUPPORTED,
            f"{name} is not text: it holds binary data. Upload it under its true suffix, or as text in UTF-8.",
        )
    if (wide := utf16_without_bom(sample)) and b"\0" in sample:
        return Encoding(wide)
    for encoding in filter(None, ("utf-8", declared)):
        if _fits(file, encoding):
            return Encoding(encoding, exact=True)
    return Encoding("utf-8" if _is_damaged_utf8(sample) else _guess(file))


def decode(data: bytes, name: str, *, declared: str = "") -> tuple[str, tuple[str, ...]]:
    """The text of `data` and warnings about it; raises `unsupported` for bytes that are no text.

    A byte order mark is removed; newlines stay as they are.
    """
    encoding = encoding_of(BytesIO(data), name, declared=declared)
    text, lost = encoding.last(data[encoding.mark :])
    return text, encoding.remarks(lost)


def _fits(file: IO[bytes], encoding: str) -> bool:
    """Whether all bytes of a file are text in an encoding."""
    try:
        b" ".decode(encoding, "replace")  # refuses what is no encoding of text
        decoder = codecs.getincrementaldecoder(encoding)()
        file.seek(0)
        while data := file.read(_BLOCK):
            decoder.decode(data)
        decoder.decode(b"", final=True)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def _is_damaged_utf8(sample: bytes) -> bool:
    """Whether nearly all that is not ASCII is valid UTF-8: a few bad bytes must not turn the file into mojibake."""
    text = sample.decode("utf-8", "replace").removesuffix("\ufffd")
    beyond = sum(char > "\x7f" for char in text)
    return 0 < beyond >= 20 * text.count("\ufffd")


def _guess(file: IO[bytes]) -> str:
    """The likeliest encoding, judged on the stretch around the first byte beyond ASCII.

    A text in Latin letters with only a few others gives a detector too little to go by: there Windows-1252, by far
    the most common encoding of such files (W3Techs), beats any guess.
    """
    first = _first_beyond_ascii(file)
    lead = min(first, 1024)
    file.seek(first - lead)
    sample = file.read(lead + SAMPLE_BYTES)
    beyond = len(sample) - len(sample.translate(None, bytes(range(128, 256))))
    if beyond <= 0.3 * len(sample) and not re.search(rb"[\x81\x8d\x8f\x90\x9d]", sample):
        pairs = len(re.findall(rb"[\x80-\xff]{2}", sample))
        if pairs <= 0.1 * beyond:
            return "cp1252"
    best = from_bytes(sample).best()
    return best.encoding if best else "cp1252"


def _first_beyond_ascii(file: IO[bytes]) -> int:
    file.seek(0)
    at = 0
    while data := file.read(_BLOCK):
        if not data.isascii():
            return at + next(match.start() for match in re.finditer(rb"[\x80-\xff]", data))
        at += len(data)
    return 0
