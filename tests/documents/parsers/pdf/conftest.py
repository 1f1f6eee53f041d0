"""What the tests of the PDF parser share."""

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas


@pytest.fixture
def draw(tmp_path):
    """Draw a PDF; returns its path."""

    def run(*pages, **options):
        canvas = Canvas(str(tmp_path / "a.pdf"), pagesize=A4, **options)
        for page in pages:
            page(canvas)
            canvas.showPage()
        canvas.save()
        return tmp_path / "a.pdf"

    return run
