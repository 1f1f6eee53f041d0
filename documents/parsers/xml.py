"""XML of strangers, parsed without entities, network or DTD."""

from typing import Any

from lxml import etree

from documents.parsers.archive import Archive
from system.errors import DocumentFault, FaultCode

_DOCTYPES = tuple("<!DOCTYPE".encode(encoding) for encoding in ("ascii", "utf-16-le", "utf-16-be"))


def parse_xml(data: bytes, name: str) -> Any:
    """The root element of an office part; `corrupt` when it is no XML, has a DOCTYPE or is nested beyond 256 levels.

    Office files never have a DOCTYPE, bombs do; so it is refused before anything is parsed.
    """
    _refuse_doctype(data, name)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        return etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        deep = "depth" in str(error)
        raise DocumentFault(
            FaultCode.TOO_LARGE if deep else FaultCode.CORRUPT,
            f"{name} nests its elements more than 256 levels deep; simplify it and upload it again."
            if deep
            else f"{name} is damaged: a part of it is not valid XML. Save it anew and upload the copy.",
        ) from error


def refuse_doctypes(archive: Archive, name: str) -> None:
    """Raise `corrupt` when an XML member has a DOCTYPE; for readers that parse the members themselves."""
    for member in archive.members:
        if member.lower().endswith((".xml", ".rels")):
            _refuse_doctype(archive.read(member), name)


def _refuse_doctype(data: bytes, name: str) -> None:
    """A DOCTYPE stands before the root element; text that only mentions one has its `<` escaped."""
    if any(mark in data for mark in _DOCTYPES):
        raise DocumentFault(
            FaultCode.CORRUPT, f"{name} holds a document type declaration, which office files never do; save it anew."
        )
