"""PDFs with a text layer: blocks in reading order with the page and box of every line."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from documents.parsers.base import BlockKind, Line, Parsed
from documents.parsers.decoding import storable
from documents.parsers.pdf.fragments import MAX_CHARS, Page, read_page
from documents.parsers.pdf.order import TextLine, regions
from documents.parsers.pdf.paragraphs import Group, cells, groups, typography
from documents.parsers.pdf.running import without_running_lines
from documents.parsers.writer import CELL_SEPARATOR, Writer, one_line
from system.errors import DocumentFault, FaultCode

MAX_PAGES = 5_000
"""Pages of a file: they take half a minute and 1 GiB at the very most."""

_PLACEHOLDERS = frozenset({"", "untitled", "anonymous", "unspecified"})
"""What programs write where nobody named a title, author or subject."""
_HYPHENATED = re.compile(r"[^\W\d_]-$")


def parse(path: str, *, name: str, config: Mapping[str, Any]) -> Parsed:
    """Parse a PDF; `config["pages"]` limits it to ranges of pages, 1-based with exclusive end.

    Running headers and footers are dropped, words hyphenated at line ends joined. Pages without text and pages with
    too much of it are reported as warnings; a document without any text is `unsupported`, one under a password
    `encrypted`.
    """
    document = open_document(path, name)
    try:
        total = len(document)
        if total > MAX_PAGES:
            raise DocumentFault(
                FaultCode.TOO_LARGE, f"{name} has {total:,} pages, the limit is {MAX_PAGES:,}; split it."
            )
        warnings: list[str] = []
        wanted = _wanted(config.get("pages"), total)
        pages = list(_pages(document, wanted, warnings))
        metadata = _metadata(document)
    finally:
        document.close()
    if wanted and not any(page.fragments for page in pages):
        raise _no_text(name, broken=not pages)
    warnings.extend(_remarks(pages))
    return _written(pages, total, metadata, warnings)


def open_document(path: str, name: str) -> pdfium.PdfDocument:
    """The open file. Raises `DocumentFault` where it is damaged, or under a password."""
    for password in (None, ""):
        try:
            return pdfium.PdfDocument(path, password=password)
        except pdfium.PdfiumError as error:
            code = pdfium_c.FPDF_GetLastError() if not hasattr(error, "err_code") else error.err_code
            if code not in (pdfium_c.FPDF_ERR_PASSWORD, pdfium_c.FPDF_ERR_SECURITY):
                raise DocumentFault(
                    FaultCode.CORRUPT,
                    f"{name} is damaged or cut off and cannot be opened; print it to a new PDF and upload that.",
                ) from error
    raise DocumentFault(FaultCode.ENCRYPTED, f"{name} is protected by a password; upload a copy without one.")


def _wanted(ranges: Any, total: int) -> list[int]:
    """Indexes of the pages that are wanted, in order; all where no range is given."""
    if not ranges:
        return list(range(total))
    wanted = {index for first, end in ranges for index in range(max(first - 1, 0), min(end - 1, total))}
    return sorted(wanted)


def _pages(document: pdfium.PdfDocument, wanted: Sequence[int], warnings: list[str]) -> Iterator[Page]:
    broken = []
    for index in wanted:
        try:
            yield read_page(document, index)
        except pdfium.PdfiumError:
            broken.append(index + 1)
    if broken:
        warnings.append(f"Damaged pages were left out: {_listed(broken)}.")


def _remarks(pages: Sequence[Page]) -> Iterator[str]:
    if empty := [page.number for page in pages if not page.fragments]:
        yield (
            f"Pages without text (empty or scanned) were left out: {_listed(empty)}. Recognising text in images is "
            "not part of this version."
        )
    if cut := [page.number for page in pages if page.cut]:
        yield f"Of pages with more than {MAX_CHARS:,} characters only so many were read: {_listed(cut)}."


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers[:20])) + (" …" if len(numbers) > 20 else "")


def _no_text(name: str, *, broken: bool) -> DocumentFault:
    if broken:
        return DocumentFault(FaultCode.CORRUPT, f"All pages of {name} are damaged; print it to a new PDF, upload that.")
    return DocumentFault(
        FaultCode.UNSUPPORTED,
        f"{name} holds no text, only images (a scan, most likely). Recognising text in images is not part of this "
        "version: run it through a text recognition program and upload the searchable PDF.",
    )


def _metadata(document: pdfium.PdfDocument) -> dict[str, str]:
    found = document.get_metadata_dict(skip_empty=True)
    texts = {
        key.lower(): one_line(storable(found[key]))[:500] for key in ("Title", "Author", "Subject") if key in found
    }
    return {key: text for key, text in texts.items() if text.strip("()").lower() not in _PLACEHOLDERS}


def _written(pages: Sequence[Page], total: int, metadata: dict[str, str], warnings: Sequence[str]) -> Parsed:
    kept = without_running_lines(pages)
    laid_out = [list(regions(fragments)) for fragments in kept]
    type_ = typography([line for page in laid_out for region in page for line in region])
    writer = Writer()
    title = ""
    for page, page_regions in zip(pages, laid_out, strict=True):
        for region in page_regions:
            for group in groups(region, type_):
                text, lines = _text(group, page.number)
                writer.add_lines(group.kind, text, lines, level=group.level)
                if not title and group.kind is BlockKind.HEADING and group.level == 1 and page.number == 1:
                    title = text
    return writer.parsed(pages=total, title=metadata.get("title") or title, metadata=metadata, warnings=warnings)


def _text(group: Group, page: int) -> tuple[str, list[Line]]:
    """The text of a block and its lines, whose spans count from the block's start."""
    pieces: list[str] = []
    lines: list[Line] = []
    length = 0
    for at, line in enumerate(group.lines):
        text = CELL_SEPARATOR.join(cells(line)) if group.kind is BlockKind.TABLE else line.text
        following = group.lines[at + 1] if at + 1 < len(group.lines) else None
        text, separator = _joint(text, following, group.kind)
        lines.append(
            Line(
                length, length + len(text), page, *(round(v, 2) for v in (line.left, line.right, line.top, line.bottom))
            )
        )
        pieces.append(text + separator)
        length += len(text) + len(separator)
    return "".join(pieces), lines


def _joint(text: str, following: TextLine | None, kind: BlockKind) -> tuple[str, str]:
    """A line as it is joined to the next, and what parts them: a word that was hyphenated becomes whole."""
    if following is None:
        return text, ""
    if kind is BlockKind.TABLE:
        return text, "\n"
    if _HYPHENATED.search(text):
        return (text[:-1] if following.text[:1].islower() else text), ""
    return text, " "
