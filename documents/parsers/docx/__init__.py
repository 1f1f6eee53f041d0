"""Word documents (docx), read from their XML: no library of today keeps all of their words."""

from collections.abc import Mapping
from typing import Any

from documents.parsers.archive import Archive
from documents.parsers.base import Parsed
from documents.parsers.docx.body import Body
from documents.parsers.docx.numbering import Numbering
from documents.parsers.docx.styles import Styles
from documents.parsers.docx.words import W
from documents.parsers.writer import Writer, one_line
from documents.parsers.xml import parse_xml
from system.errors import DocumentFault, FaultCode

_CORE = "{http://purl.org/dc/elements/1.1/}"
_STRICT = b"http://purl.oclc.org/ooxml/wordprocessingml/main"
_TRANSITIONAL = b"http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def parse(path: str, *, name: str, config: Mapping[str, Any]) -> Parsed:
    """Parse a Word document: headings by style or outline level, numbers as Word would print them.

    Text boxes follow the paragraph they are anchored in; footnotes and endnotes stand at the end, marked `[1]` in the
    text. Deleted text, comments, and headers and footers of pages are left out.
    """
    with Archive(path, name) as archive:
        parts = {part: _part(archive, f"word/{part}.xml", name) for part in _PARTS}
        core = _part(archive, "docProps/core.xml", name)
    root = parts["document"]
    body = root.find(f"{W}body") if root is not None else None
    if body is None:
        raise DocumentFault(
            FaultCode.CORRUPT, f"{name} has no document in it; open it in Word, save it anew and upload the copy."
        )
    writer = Writer()
    reader = Body(writer, Styles(parts["styles"]), Numbering(parts["numbering"]))
    reader.write(body)
    for part, tag in (("footnotes", "footnote"), ("endnotes", "endnote")):
        if parts[part] is not None:
            reader.write_notes(parts[part], tag)
    title = core.findtext(f"{_CORE}title") if core is not None else None
    author = core.findtext(f"{_CORE}creator") if core is not None else None
    metadata = {"author": one_line(author)} if author else {}
    return writer.parsed(title=one_line(title or ""), metadata=metadata)


_PARTS = ("document", "styles", "numbering", "footnotes", "endnotes")


def _part(archive: Archive, member: str, name: str) -> Any:
    """The root of a part, None where the document has none; strict documents are read by their usual names."""
    if member not in archive.members:
        return None
    return parse_xml(archive.read(member).replace(_STRICT, _TRANSITIONAL), name)
