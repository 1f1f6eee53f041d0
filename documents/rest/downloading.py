"""Stored bytes on their way out: inert in every browser (security.md, "stored XSS")."""

from collections.abc import Mapping

from django.core.files.storage import default_storage
from django.http import FileResponse

from documents.models import Document
from system.errors import DataError, NotFound

BYTES = "application/octet-stream"

# What a browser may do with a stored file: nothing but save it, or show it where it is told to.
INERT = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "private",
}

_TEXT = ("txt", "ini", "yml", "sql", "py", "js", "java", "c", "cpp", "h", "php", "go", "ts", "sh", "cs", "kt")
_OFFICE = "application/vnd.openxmlformats-officedocument"
_SHOWN: Mapping[str, str] = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "pdf": "application/pdf",
}
"""Content types of what browsers may show, by suffix; everything else is for saving alone."""
_SAVED: Mapping[str, str] = {
    # Code is plain text here: a page of this site that let itself be tricked could run it as a script.
    **dict.fromkeys(_TEXT, "text/plain"),
    **dict.fromkeys(["md", "markdown", "mdx"], "text/markdown"),
    **dict.fromkeys(["htm", "html"], "text/html"),
    **dict.fromkeys(["jsonl", "ldjson"], "application/x-ndjson"),
    "csv": "text/csv",
    "xml": "application/xml",
    "json": "application/json",
    "rtf": "application/rtf",
    "eml": "message/rfc822",
    "msg": "application/vnd.ms-outlook",
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
    "docx": f"{_OFFICE}.wordprocessingml.document",
    "xlsx": f"{_OFFICE}.spreadsheetml.sheet",
    "pptx": f"{_OFFICE}.presentationml.presentation",
    "svg": "image/svg+xml",
    "gif": "image/gif",
    "tif": "image/tiff",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "ogg": "audio/ogg",
    "flac": "audio/flac",
    "mp4": "video/mp4",
}
KINDS = sorted({BYTES, *_SHOWN.values(), *_SAVED.values()})
"""Every content type that `shown` may answer with."""


def saved(document: Document) -> FileResponse:
    """The bytes of a document to be saved, whatever they are. Raises DataError where it has none."""
    return _answer(document, content_type=BYTES, attachment=True)


def shown(document: Document) -> FileResponse:
    """The same under the content type of its suffix, to be shown where that is safe in a browser."""
    content_type = _SHOWN.get(document.suffix) or _SAVED.get(document.suffix, BYTES)
    return _answer(document, content_type=content_type, attachment=document.suffix not in _SHOWN)


def _answer(document: Document, *, content_type: str, attachment: bool) -> FileResponse:
    if document.size == 0 or document.blob is None:
        raise DataError("This file is empty.")
    try:
        stored = default_storage.open(document.blob.key)
    except FileNotFoundError:
        raise NotFound("The stored file is missing. Delete this document and upload the file again.") from None
    headers = {**INERT, "Content-Length": str(stored.size)}
    return FileResponse(
        stored, as_attachment=attachment, filename=document.name, content_type=content_type, headers=headers
    )
