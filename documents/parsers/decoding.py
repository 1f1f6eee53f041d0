"""Bytes of unknown encoding to text."""

import re
from pathlib import Path

from charset_normalizer import from_bytes

from documents.filetypes import is_text, utf16_without_bom
from system.errors import DocumentFault, FaultCode

MAX_FILE_BYTES = 256 * 1024 * 1024
"""A text file is held in memory as bytes and as text, within the parser child's 2 GiB."""
SAMPLE_BYTES = 65_536
"""How much of a file of unknown encoding is judged: charset-normalizer is slow on more and no surer."""

_BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\0\0", "utf-32-le"),
    (b"\0\0\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
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
    return _UNSTORABLE.sub("", text)


def decode(data: bytes, name: str, *, declared: str = "") -> tuple[str, tuple[str, ...]]:
    """The text of `data` and warnings about it; raises `unsupported` for bytes that are no text.

    In order: byte order mark, UTF-8, the encoding the file declares, charset-normalizer's best guess. A byte order
    mark is removed; newlines stay as they are.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _lenient(data[len(mark) :], encoding)
    if not is_text(data[:SAMPLE_BYTES]):
        raise DocumentFault(
            FaultCode.UNSUPPORTED,
            f"{name} is not text: it holds binary data. Upload it under its true suffix, or as text in UTF-8.",
        )
    if (wide := utf16_without_bom(data[:SAMPLE_BYTES])) and b"\0" in data[:SAMPLE_BYTES]:
        return _lenient(data, wide)
    for encoding in filter(None, ("utf-8", declared)):
        try:
            return storable(data.decode(encoding)), ()
        except (UnicodeDecodeError, LookupError):
            continue
    if _is_damaged_utf8(data):
        return _lenient(data, "utf-8")
    return _lenient(data, _guess(data))


def _lenient(data: bytes, encoding: str) -> tuple[str, tuple[str, ...]]:
    text = data.decode(encoding, "replace")
    if text.endswith("\ufffd") and "\ufffd" not in text[:-1]:
        text = text[:-1]  # half a character at the end of a cut file
    lost = text.count("\ufffd")
    warnings = (f"{lost} characters could not be decoded as {encoding} and were replaced.",) if lost else ()
    return storable(text), warnings


def _is_damaged_utf8(data: bytes) -> bool:
    """Whether nearly all that is not ASCII is valid UTF-8: a few bad bytes must not turn the file into mojibake."""
    text = data[:SAMPLE_BYTES].decode("utf-8", "replace").removesuffix("\ufffd")
    beyond = sum(char > "\x7f" for char in text)
    return 0 < beyond >= 20 * text.count("\ufffd")


def _guess(data: bytes) -> str:
    """The likeliest encoding, judged on the stretch around the first byte beyond ASCII.

    A text in Latin letters with only a few others gives a detector too little to go by: there Windows-1252, by far
    the most common encoding of such files (W3Techs), beats any guess.
    """
    first = next((match.start() for match in re.finditer(rb"[\x80-\xff]", data)), 0)
    sample = data[max(0, first - 1024) : first + SAMPLE_BYTES]
    beyond = len(sample) - len(sample.translate(None, bytes(range(128, 256))))
    if beyond <= 0.3 * len(sample) and not re.search(rb"[\x81\x8d\x8f\x90\x9d]", sample):
        pairs = len(re.findall(rb"[\x80-\xff]{2}", sample))
        if pairs <= 0.1 * beyond:
            return "cp1252"
    best = from_bytes(sample).best()
    return best.encoding if best else "cp1252"
