"""What a file is: its kind and methods by suffix, its format by first bytes.

The suffix decides what the contract shows (`kind_of`, `suggested_method`, `accepts`); the bytes decide how a file is
parsed (`sniff`), because names lie.
"""

from collections.abc import Mapping
from enum import StrEnum

HEAD_BYTES = 65_536
"""How many first bytes `sniff` wants."""


class Kind(StrEnum):
    """The contract's `type` of a document."""

    PDF = "pdf"
    DOC = "doc"
    VISUAL = "visual"
    AURAL = "aural"
    OTHER = "other"
    VIRTUAL = "virtual"
    """Without a file: made empty, to be filled by hand."""


class Format(StrEnum):
    """How a file is parsed, or why it is not."""

    TEXT = "text"
    CODE = "code"
    MARKDOWN = "markdown"
    HTML = "html"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    XLSX = "xlsx"
    XLS = "xls"
    DOCX = "docx"
    PPTX = "pptx"
    EML = "eml"
    PDF = "pdf"
    ZIP = "zip"
    """A zip container whose head does not tell what it holds."""
    OLE = "ole"
    """An OLE2 compound file whose head does not tell what it holds."""
    ENCRYPTED = "encrypted"
    DOC = "doc"
    PPT = "ppt"
    MSG = "msg"
    RTF = "rtf"
    EPUB = "epub"
    OPENDOCUMENT = "opendocument"
    XLSB = "xlsb"
    IWORK = "iwork"
    IMAGE = "image"
    MEDIA = "media"
    ARCHIVE = "archive"
    UNSUPPORTED = "unsupported"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SUFFIXES: Mapping[Kind, frozenset[str]] = {
    Kind.PDF: _words("pdf"),
    Kind.DOC: _words(
        "msg eml doc docx ppt pptx yml xml htm json jsonl ldjson csv txt ini xls xlsx wps rtf hlp pages numbers key md "
        "py js java c cpp h php go ts sh cs kt html sql"
    ),
    Kind.AURAL: _words("wav flac ape alac wavpack wv mp3 aac ogg vorbis opus"),
    Kind.VISUAL: _words(
        "jpg jpeg png tif gif pcx tga exif fpx svg psd cdr pcd dxf ufo eps ai raw webp avif apng icon ico mpg mpeg avi "
        "rm rmvb mov wmv asf dat asx wvx mpe mpa mp4 mkv"
    ),
}
_CODE = _words("py js java c cpp h php go ts sh cs kt sql")

_ACCEPTS: Mapping[str, frozenset[str]] = {
    "naive": _CODE | _words("docx pdf csv xls xlsx txt md markdown htm html json jsonl ldjson doc pptx eml"),
    "book": _words("docx pdf txt htm html doc"),
    "laws": _words("docx pdf txt md markdown mdx htm html doc"),
    "one": _words("docx pdf xls xlsx txt md markdown htm html doc"),
    "manual": _words("pdf doc docx"),
    "paper": _words("pdf"),
    "presentation": _words("ppt pptx pdf"),
    "qa": _words("xls xlsx txt csv pdf md markdown docx"),
    "table": _words("xls xlsx txt csv"),
    "tag": _words("xls xlsx txt csv"),
    "resume": _words("pdf doc docx txt"),
    "email": _words("eml msg"),
    "picture": _SUFFIXES[Kind.VISUAL],
    "audio": _SUFFIXES[Kind.AURAL],
}


def suffix_of(name: str) -> str:
    """The lower-cased suffix of a file name without its dot; empty when it has none."""
    stem, dot, suffix = name.rpartition(".")
    return suffix.lower() if dot and stem else ""


def kind_of(name: str) -> Kind:
    """The contract's type of a file by its suffix; `OTHER` is refused for datasets."""
    suffix = suffix_of(name)
    return next((kind for kind, suffixes in _SUFFIXES.items() if suffix in suffixes), Kind.OTHER)


def suggested_method(name: str, default: str) -> str:
    """The chunk method a new document gets: by its kind where the contract says so, else the dataset's `default`."""
    kind, suffix = kind_of(name), suffix_of(name)
    if kind is Kind.VISUAL:
        return "picture"
    if kind is Kind.AURAL:
        return "audio"
    if suffix in {"ppt", "pptx", "pages"}:
        return "presentation"
    return "email" if suffix in {"msg", "eml"} else default


def accepts(parser_id: str, suffix: str) -> bool:
    """Whether the chunk method takes files of this suffix (without dot, any case).

    The contract's table; beyond it `naive` takes pptx and eml, whose text it can cut like any other, and
    `knowledge_graph`, of which the table is silent, takes what `naive` takes.
    """
    method = "naive" if parser_id == "knowledge_graph" else parser_id
    return suffix.lower() in _ACCEPTS.get(method, frozenset())


_MAGIC: tuple[tuple[bytes, Format], ...] = (
    (b"%PDF-", Format.PDF),
    (b"PK\x03\x04", Format.ZIP),
    (b"PK\x05\x06", Format.ARCHIVE),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Format.OLE),
    (b"{\\rtf", Format.RTF),
    (b"\x89PNG\r\n\x1a\n", Format.IMAGE),
    (b"\xff\xd8\xff", Format.IMAGE),
    (b"GIF87a", Format.IMAGE),
    (b"GIF89a", Format.IMAGE),
    (b"II*\x00", Format.IMAGE),
    (b"MM\x00*", Format.IMAGE),
    (b"RIFF", Format.MEDIA),
    (b"ID3", Format.MEDIA),
    (b"fLaC", Format.MEDIA),
    (b"OggS\x00", Format.MEDIA),
    (b"\x1a\x45\xdf\xa3", Format.MEDIA),
    (b"\x1f\x8b\x08", Format.ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", Format.ARCHIVE),
    (b"Rar!\x1a\x07", Format.ARCHIVE),
    (b"\xfd7zXZ\x00", Format.ARCHIVE),
    (b"BZh91AY&SY", Format.ARCHIVE),
    (b"\x28\xb5\x2f\xfd", Format.ARCHIVE),
)
"""First bytes and their format; taken from the formats' specifications and file(1)."""

_BY_SUFFIX: Mapping[str, Format] = {
    **dict.fromkeys(_CODE, Format.CODE),
    **dict.fromkeys(("md", "markdown", "mdx"), Format.MARKDOWN),
    **dict.fromkeys(("htm", "html"), Format.HTML),
    **dict.fromkeys(("jsonl", "ldjson"), Format.JSONL),
    **dict.fromkeys(("csv", "xls", "xlsx"), Format.CSV),  # exports that are text under a spreadsheet's name
    "json": Format.JSON,
    "eml": Format.EML,
}
"""How a file of text is read; what is not here is plain text."""

_TEXT_SUFFIXES = _SUFFIXES[Kind.DOC] - _words("msg doc docx ppt pptx xls xlsx wps rtf hlp pages numbers key")
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\x0b\x0c\r\x08\x1b\x1a")) + b"\x7f"
MAX_CONTROLS = 0.02
"""Share of control bytes above which bytes are no text; file(1) allows none, but logs and old exports hold some."""


def sniff(head: bytes, name: str) -> Format:
    """The format of a file from its first `HEAD_BYTES` bytes; its name only tells texts from each other.

    `ZIP` and `OLE` mean that the container must be opened to know (`documents.parsers.containers`); `UNSUPPORTED`
    that the bytes are no text and nothing that is known.
    """
    found = next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)
    if found is Format.ZIP:
        return _zip_format(head)
    if found is Format.OLE:
        return ole_format(head)
    if found is Format.MEDIA and head[8:12] == b"WEBP":
        return Format.IMAGE
    if found is not None:
        return found
    if suffix_of(name) == "pdf" and b"%PDF-" in head[:1024]:  # some writers put junk before the header
        return Format.PDF
    return _text_format(head, name) if is_text(head) else Format.UNSUPPORTED


def is_text(head: bytes) -> bool:
    """Whether the bytes look like text in some encoding."""
    if head.startswith(_BOMS):
        return True
    if b"\0" in head:
        return utf16_without_bom(head) is not None
    return len(head) - len(head.translate(None, _CONTROLS)) <= MAX_CONTROLS * len(head)


def utf16_without_bom(head: bytes) -> str | None:
    """`utf-16-le` or `utf-16-be` when NULs stand at every other byte, as they do in most alphabets' UTF-16."""
    sample = head[: len(head) // 2 * 2]
    odd, even = sample[1::2].count(0), sample[::2].count(0)
    half = len(sample) // 2
    if odd > 0.6 * half and even < 0.02 * half:
        return "utf-16-le"
    return "utf-16-be" if even > 0.6 * half and odd < 0.02 * half else None


def _text_format(head: bytes, name: str) -> Format:
    suffix = suffix_of(name)
    if suffix not in _TEXT_SUFFIXES and suffix not in {"markdown", "mdx"}:
        start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:200].lower()
        if start.startswith((b"<!doctype html", b"<html", b"<table", b"<head")):
            return Format.HTML
    return _BY_SUFFIX.get(suffix, Format.TEXT)


def office_format(members: frozenset[str]) -> Format | None:
    """The format of a zip container by the names of its members; None when they do not tell."""
    tops = {name.partition("/")[0] for name in members}
    if "word/document.xml" in members or ("[Content_Types].xml" in members and "word" in tops):
        return Format.DOCX
    if "xl/workbook.bin" in members:
        return Format.XLSB
    for top, found in (("xl", Format.XLSX), ("ppt", Format.PPTX)):
        if top in tops and "[Content_Types].xml" in members:
            return found
    if "META-INF/container.xml" in members:
        return Format.EPUB
    if "Index/Document.iwa" in members or "Index.zip" in members:
        return Format.IWORK
    return Format.OPENDOCUMENT if {"content.xml", "mimetype"} <= members else None


def _zip_format(head: bytes) -> Format:
    """The format by the local headers in the head (APPNOTE 4.3.7: name length at 26, name at 30)."""
    names = set()
    at = 0
    while (at := head.find(b"PK\x03\x04", at)) >= 0:
        length = int.from_bytes(head[at + 26 : at + 28], "little")
        names.add(head[at + 30 : at + 30 + length].decode("utf-8", "replace"))
        at += 30
    if head[30:38] == b"mimetype":
        content = head[38:120]
        if content.startswith(b"application/epub+zip"):
            return Format.EPUB
        if content.startswith(b"application/vnd.oasis.opendocument"):
            return Format.OPENDOCUMENT
    return office_format(frozenset(names)) or Format.ZIP


_STREAMS: tuple[tuple[str, Format], ...] = (
    ("EncryptedPackage", Format.ENCRYPTED),
    ("WordDocument", Format.DOC),
    ("PowerPoint Document", Format.PPT),
    ("__properties_version1.0", Format.MSG),
    ("Workbook", Format.XLS),
    ("Book", Format.XLS),
)


def ole_format(data: bytes) -> Format:
    """The format of a compound file by the directory entries (UTF-16 names) that `data` holds."""
    for stream, found in _STREAMS:
        if f"{stream}\0".encode("utf-16-le") in data:
            return found
    return Format.OLE
