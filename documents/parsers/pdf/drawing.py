"""The first page of a PDF as a small picture."""

import math

import pypdfium2 as pdfium

from documents.parsers.base import Picture
from documents.parsers.pdf.book import open_document


def draw(path: str, *, name: str, side: int) -> Picture | None:
    """The first page on white, at most `side` pixels wide and high; None where it has no size or is damaged."""
    document = open_document(path, name)
    try:
        return _drawn(document[0], side) if len(document) else None
    except pdfium.PdfiumError:
        return None
    finally:
        document.close()


def _drawn(page: pdfium.PdfPage, side: int) -> Picture | None:
    longest = max(page.get_size())
    if not (math.isfinite(longest) and longest > 0):
        return None
    # The scale comes from the page: however large it says it is, no more pixels are made than are wanted. A little
    # less than `side`, for pdfium rounds up.
    bitmap = page.render(scale=(side - 0.01) / longest, rev_byteorder=True, may_draw_forms=False)
    row = 3 * bitmap.width
    data = memoryview(bitmap.buffer).cast("B")
    pixels = b"".join(data[start : start + row] for start in range(0, bitmap.stride * bitmap.height, bitmap.stride))
    return Picture(bitmap.width, bitmap.height, pixels)
