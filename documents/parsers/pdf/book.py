"""An open PDF whose pages are read once, and few of which are in memory."""

from collections.abc import Collection
from typing import Self

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from documents.parsers.pdf.fragments import Page, read_page
from system.errors import DocumentFault, FaultCode

REOPEN = 256
"""Pages read after which the file is opened anew: PDFium keeps what it has read of a file until it is closed."""


class Book:
    """A PDF file; a context manager."""

    def __init__(self, path: str, name: str) -> None:
        self._path = path
        self._name = name
        self._document = open_document(path, name)
        self._read = 0
        self._pages: dict[int, Page | None] = {}
        self.total = len(self._document)
        """Number of its pages."""
        self.metadata: dict[str, str] = self._document.get_metadata_dict(skip_empty=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._document.close()

    def page(self, index: int) -> Page | None:
        """The page at `index` (0-based); None where it is damaged."""
        if index not in self._pages:
            if self._read and self._read % REOPEN == 0:
                self._document.close()
                self._document = open_document(self._path, self._name)
            self._read += 1
            try:
                self._pages[index] = read_page(self._document, index)
            except pdfium.PdfiumError:
                self._pages[index] = None
        return self._pages[index]

    def forget(self, indexes: Collection[int]) -> None:
        """Free the memory that pages take; they can be read again."""
        for index in indexes:
            self._pages.pop(index, None)


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
