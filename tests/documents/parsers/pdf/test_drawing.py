"""The first page as a small picture."""

import pypdfium2 as pdfium
import pytest

from documents.parsers import draw as draw_picture
from tests.documents.parsers.pdf import drawing

A4 = (595, 842)


@pytest.fixture
def pages(tmp_path):
    """Write a PDF of empty pages of the given sizes, in points; returns its path."""

    def pages(*sizes):
        document = pdfium.PdfDocument.new()
        for width, height in sizes:
            document.new_page(width, height)
        document.save(str(tmp_path / "pages.pdf"))
        return tmp_path / "pages.pdf"

    return pages


def picture_of(path, side=256, name="a.pdf"):
    return draw_picture(str(path), name=name, side=side)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        pytest.param(A4, (181, 256), id="portrait"),
        pytest.param(A4[::-1], (256, 181), id="landscape"),
        pytest.param((10, 10), (256, 256), id="tiny page"),
        pytest.param((14_400, 14_400), (256, 256), id="largest page"),
        pytest.param((10_000, 1), (256, 1), id="a line"),
    ],
)
def test_the_longer_side_is_what_was_asked_for(pages, size, expected):
    picture = picture_of(pages(size))

    assert (picture.width, picture.height) == expected
    assert len(picture.pixels) == 3 * picture.width * picture.height


def test_only_the_first_page_is_drawn(pages):
    picture = picture_of(pages(A4, (10, 500)))

    assert picture.width == 181


def test_ink_is_drawn_on_white_in_its_own_colour(draw):
    def red(canvas):
        canvas.setFillColorRGB(1, 0, 0)
        canvas.rect(0, 0, drawing.WIDTH, drawing.HEIGHT / 2, stroke=0, fill=1)

    picture = picture_of(draw(red))

    assert picture.pixels[:3] == b"\xff\xff\xff"
    assert picture.pixels[-3:] == b"\xff\x00\x00"


def test_what_the_bytes_are_counts_not_the_name(pages, tmp_path):
    (tmp_path / "real.txt").write_text("plain text")

    assert picture_of(pages(A4), name="a.txt") is not None
    assert picture_of(tmp_path / "real.txt", name="real.pdf") is None


def test_a_file_that_cannot_be_opened_has_no_picture(draw, tmp_path):
    broken, empty = tmp_path / "broken.pdf", tmp_path / "empty.pdf"
    broken.write_bytes(b"%PDF-1.7 and then nothing of the kind")
    empty.write_bytes(b"")
    locked = drawing.encrypted(draw(drawing.article), "secret")

    assert [picture_of(path) for path in (broken, empty, locked)] == [None, None, None]
