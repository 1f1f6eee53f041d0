"""E-mail messages: headers, body and the text of text attachments."""

from collections.abc import Iterator, Mapping
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from io import BytesIO
from typing import Any, cast

from documents.filetypes import Format, sniff
from documents.parsers.base import BlockKind, Parsed
from documents.parsers.decoding import decode, read_bytes
from documents.parsers.html import write_html
from documents.parsers.text import paragraphs
from documents.parsers.writer import Writer, one_line
from system.errors import DocumentFault, FaultCode

MAX_BYTES = 100 * 1024 * 1024
"""Bytes of a message with its attachments; mail servers seldom pass more than 50 MB."""
MAX_PARTS = 500
MAX_DEPTH = 16
"""Deepest nesting of multiparts and forwarded messages."""
MAX_HEADERS = 2_000
MAX_HEADER = 65_536
"""Characters of a header that is shown; the header parser of the standard library is quadratic beyond."""

_SHOWN = ("From", "To", "Cc", "Date", "Subject")
_READ = frozenset({Format.TEXT, Format.MARKDOWN, Format.HTML, Format.CSV, Format.CODE, Format.JSON, Format.JSONL})


def parse(path: str, *, name: str, config: Mapping[str, Any]) -> Parsed:
    """Parse a message: `From` to `Subject` as text, the plain body (else the HTML one), then the attachments.

    Every attachment is named; those of text are read, forwarded messages with their own headers. Quoted replies stay.
    """
    data = read_bytes(path, name, limit=MAX_BYTES)
    try:
        message = BytesParser(policy=policy.default).parse(BytesIO(data))
    except RecursionError as error:
        raise _too_deep(name) from error
    if not message.keys():
        raise DocumentFault(
            FaultCode.CORRUPT, f"{name} has no headers, so it is no e-mail message; save it from the mail program anew."
        )
    reader = _Reader(Writer(), name)
    reader.message(message, depth=0)
    subject = _header(message, "Subject")
    metadata = {key.lower(): value for key in _SHOWN if (value := _header(message, key))}
    return reader.writer.parsed(title=subject, metadata=metadata, warnings=reader.warnings)


def _too_deep(name: str) -> DocumentFault:
    return DocumentFault(
        FaultCode.TOO_LARGE, f"{name} nests messages more than {MAX_DEPTH} levels deep; upload the inner one."
    )


def _header(message: EmailMessage, key: str) -> str:
    """A header as text on one line; as it was sent where the standard library's parser fails on it."""
    raw = next((value for name, value in message.raw_items() if name.lower() == key.lower()), "")
    if len(str(raw)) > MAX_HEADER:
        return one_line(str(raw)[:MAX_HEADER])
    try:
        return one_line(str(message.get(key, "")))
    except (ValueError, LookupError, AttributeError, TypeError, RecursionError):  # faults of its grammar, not ours
        return one_line(str(raw))


class _Reader:
    """Writes a message and what is attached to it, within the limits."""

    def __init__(self, writer: Writer, name: str) -> None:
        self.writer = writer
        self.warnings: list[str] = []
        self._name = name
        self._parts = 0

    def message(self, message: EmailMessage, *, depth: int) -> None:
        """Write the headers, the body and the attachments of a message."""
        if depth > MAX_DEPTH:
            raise _too_deep(self._name)
        if len(message.keys()) > MAX_HEADERS:
            raise DocumentFault(FaultCode.TOO_LARGE, f"{self._name} has more than {MAX_HEADERS:,} headers.")
        shown = [f"{key}: {value}" for key in _SHOWN if (value := _header(message, key))]
        self.writer.add(BlockKind.TEXT, "\n".join(shown))
        leaves = list(self._leaves(message, depth))
        bodies = [leaf for leaf, _ in leaves if _is_body(leaf)]
        kinds = {leaf.get_content_type() for leaf in bodies}
        for leaf in bodies:  # of alternatives the plain one; a message may have several plain parts
            if leaf.get_content_type() == "text/plain" or "text/plain" not in kinds:
                self._text(leaf, leaf.get_content_type())
        for leaf, level in leaves:
            if not _is_body(leaf):
                self._attachment(leaf, level)

    def _leaves(self, message: EmailMessage, depth: int) -> Iterator[tuple[EmailMessage, int]]:
        """The parts that hold no parts, in order, with their depth; forwarded messages are leaves here."""
        stack = [(message, depth)]
        while stack:
            part, level = stack.pop()
            self._parts += 1
            if self._parts > MAX_PARTS:
                raise DocumentFault(FaultCode.TOO_LARGE, f"{self._name} has more than {MAX_PARTS} parts.")
            if level > MAX_DEPTH:
                raise _too_deep(self._name)
            if part.get_content_maintype() == "multipart" and part.is_multipart():
                inner = cast(list[EmailMessage], part.get_payload())
                stack.extend((child, level + 1) for child in reversed(inner))
            else:
                yield part, level

    def _attachment(self, part: EmailMessage, level: int) -> None:
        title = _file_name(part)
        if part.get_content_type() == "message/rfc822" and part.is_multipart():
            inner = cast(list[EmailMessage], part.get_payload())[0]
            self.writer.add(BlockKind.HEADING, title or "Forwarded message", level=2)
            self.message(inner, depth=level + 1)
            return
        if not title:
            return
        self.writer.add(BlockKind.HEADING, f"Attachment: {title}", level=2)
        found = sniff(_payload(part)[:4096], title)
        if found in _READ:
            self._text(part, "text/html" if found is Format.HTML else "text/plain")
        else:
            self.warnings.append(f"The attachment {title} was not read; upload it as a document of its own.")

    def _text(self, part: EmailMessage, content_type: str) -> None:
        declared = str(part.get_content_charset() or "")
        text, warnings = decode(_payload(part), self._name, declared=declared)
        self.warnings.extend(warnings)
        if content_type == "text/html":
            write_html(text, self.writer, self._name)
            return
        for start, end in paragraphs(text):
            self.writer.add(BlockKind.TEXT, text[start:end])


def _payload(part: EmailMessage) -> bytes:
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _file_name(part: EmailMessage) -> str:
    try:
        return one_line(part.get_filename() or "")[:255]
    except (ValueError, LookupError, AttributeError, TypeError):
        return "unnamed"


def _is_body(part: EmailMessage) -> bool:
    """Whether a leaf is text to be read as the message: no attachment, and neither named nor of another type."""
    return part.get_content_type() in {"text/plain", "text/html"} and not _file_name(part) and not _is_attached(part)


def _is_attached(part: EmailMessage) -> bool:
    return str(part.get("content-disposition", "")).lower().startswith("attachment")
