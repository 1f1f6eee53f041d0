"""Bytes to text and blocks; no Django here."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from documents.filetypes import Format
from documents.parsers.base import Cursor, Painter, Parsed, Parser, Picture, Reader, Window
from documents.parsers.containers import identify
from documents.parsers.decoding import storable
from system.errors import DocumentFault, FaultCode

_MODULES: Mapping[Format, str] = {
    Format.TEXT: "text",
    Format.CODE: "text",
    Format.MARKDOWN: "markdown",
    Format.HTML: "html",
    Format.JSON: "json",
    Format.JSONL: "json",
    Format.CSV: "csv",
    Format.XLSX: "xlsx",
    Format.XLS: "xlsx",
    Format.DOCX: "docx",
    Format.PPTX: "pptx",
    Format.EML: "eml",
    Format.PDF: "pdf",
}

_PAINTERS: Mapping[Format, str] = {Format.PDF: "pdf.drawing"}

_CURES: Mapping[Format, str] = {
    Format.DOC: "is a Word document of the old format; save it as .docx and upload that.",
    Format.PPT: "is a PowerPoint presentation of the old format; save it as .pptx and upload that.",
    Format.MSG: "is an Outlook message; save it as .eml and upload that.",
    Format.RTF: "is a rich text file; save it as .docx and upload that.",
    Format.EPUB: "is an e-book; convert it to .html or .pdf and upload that.",
    Format.OPENDOCUMENT: "is an OpenDocument file; save it as .docx, .xlsx or .pptx and upload that.",
    Format.XLSB: "is a binary Excel workbook; save it as .xlsx and upload that.",
    Format.IWORK: "is an iWork file; export it as .docx, .xlsx, .pptx or .pdf and upload that.",
    Format.IMAGE: "is an image; recognising text in images is not part of this version. Upload the text itself.",
    Format.MEDIA: "is a sound or video file; transcribing is not part of this version. Upload a transcript.",
    Format.ARCHIVE: "is an archive; unpack it and upload the files in it.",
    Format.ZIP: "is an archive; unpack it and upload the files in it.",
    Format.UNSUPPORTED: "holds binary data of a kind that is not known; convert it to PDF, docx, html or plain text.",
}


def windows(path: str, *, name: str, config: Mapping[str, Any], cursor: Cursor | None = None) -> Iterator[Window]:
    """Read the file at `path` as what its bytes are, from `cursor` on; an empty file gives an empty window.

    Raises `DocumentFault` with the code and the cure for everything that cannot be parsed.
    """
    if Path(path).stat().st_size == 0:
        yield Window(Parsed("", ()))
        return
    for window in reader_for(_format(path, name))(path, name=name, config=config, cursor=cursor):
        parsed = replace(
            window.parsed,
            title=storable(window.parsed.title),
            metadata={storable(key): storable(value) for key, value in window.parsed.metadata.items()},
            warnings=tuple(map(storable, window.parsed.warnings)),
        )
        yield replace(window, parsed=parsed)


def reader_for(found: Format) -> Reader:
    """The reader of a format, its module imported on first use; raises KeyError for a format that has none.

    A module without `windows` is of a format whose files are read at once, within the limits that it states.
    """
    module = import_module(f"documents.parsers.{_MODULES[found]}")
    return cast(Reader, module.windows) if hasattr(module, "windows") else _at_once(module.parse)


def _at_once(parser: Parser) -> Reader:
    def windows(path: str, *, name: str, config: Mapping[str, Any], cursor: Cursor | None) -> Iterator[Window]:
        yield Window(parser(path, name=name, config=config))

    return windows


def _format(path: str, name: str) -> Format:
    """The format of a file that can be read; raises `DocumentFault` for others."""
    found = identify(path, name)
    if found is Format.ENCRYPTED:
        raise DocumentFault(FaultCode.ENCRYPTED, f"{name} is protected by a password; upload a copy without one.")
    if found is Format.OLE:
        raise DocumentFault(
            FaultCode.CORRUPT, f"{name} is damaged, cut off, or no office file; save it anew in a current format."
        )
    if found not in _MODULES:
        raise DocumentFault(FaultCode.UNSUPPORTED, f"{name} {_CURES[found]}")
    return found


def draw(path: str, *, name: str, side: int) -> Picture | None:
    """The first page of the file at `path`, at most `side` pixels wide and high.

    None for formats without pages, and for files that cannot be opened: `windows` says why.
    """
    try:
        module = _PAINTERS.get(identify(path, name))
        if module is None:
            return None
        return cast(Painter, import_module(f"documents.parsers.{module}").draw)(path, name=name, side=side)
    except DocumentFault:
        return None
