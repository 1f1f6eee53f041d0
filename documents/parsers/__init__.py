"""Bytes to text and blocks; no Django here."""

from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from documents.filetypes import Format
from documents.parsers.base import Painter, Parsed, Parser, Picture
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


def parser_for(found: Format) -> Parser:
    """The parser of a format, its module imported on first use; raises KeyError for a format that has none."""
    return cast(Parser, import_module(f"documents.parsers.{_MODULES[found]}").parse)


def parse(path: str, *, name: str, config: Mapping[str, Any]) -> Parsed:
    """Parse the file at `path` as what its bytes are; an empty file gives an empty document.

    Raises `DocumentFault` with the code and the cure for everything that cannot be parsed.
    """
    if Path(path).stat().st_size == 0:
        return Parsed("", ())
    found = identify(path, name)
    if found is Format.ENCRYPTED:
        raise DocumentFault(FaultCode.ENCRYPTED, f"{name} is protected by a password; upload a copy without one.")
    if found is Format.OLE:
        raise DocumentFault(
            FaultCode.CORRUPT, f"{name} is damaged, cut off, or no office file; save it anew in a current format."
        )
    if found not in _MODULES:
        raise DocumentFault(FaultCode.UNSUPPORTED, f"{name} {_CURES[found]}")
    parsed = parser_for(found)(path, name=name, config=config)
    return replace(
        parsed,
        title=storable(parsed.title),
        metadata={storable(key): storable(value) for key, value in parsed.metadata.items()},
        warnings=tuple(map(storable, parsed.warnings)),
    )


def draw(path: str, *, name: str, side: int) -> Picture | None:
    """The first page of the file at `path`, at most `side` pixels wide and high.

    None for formats without pages, and for files that cannot be opened: `parse` says why.
    """
    try:
        module = _PAINTERS.get(identify(path, name))
        if module is None:
            return None
        return cast(Painter, import_module(f"documents.parsers.{module}").draw)(path, name=name, side=side)
    except DocumentFault:
        return None
