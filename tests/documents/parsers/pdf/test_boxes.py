"""Where lines stand on their page."""

import pypdfium2 as pdfium
import pytest
from pypdf import PdfReader, PdfWriter

from tests.documents.parsers.conftest import DATA
from tests.documents.parsers.pdf.drawing import HEIGHT, WIDTH, article


@pytest.mark.parametrize("angle", [0, 90, 180, 270])
def test_boxes_are_those_of_the_page_as_displayed(parse_file, draw, tmp_path, angle):
    writer = PdfWriter()
    page = PdfReader(draw(article)).pages[0]
    page.rotate(angle)
    writer.add_page(page)
    writer.write(tmp_path / "turned.pdf")

    parsed = parse_file(tmp_path / "turned.pdf")

    (line,) = next(block.lines for block in parsed.blocks if "great title" in parsed.text[block.start : block.end])
    baseline, left, right = 780.0, 60.0, 60 + 22 * 7.0
    upright = {
        0: (left, HEIGHT - baseline),
        90: (baseline, left),
        180: (WIDTH - left, baseline),
        270: (HEIGHT - baseline, WIDTH - left),
    }
    x, y = upright[angle]
    assert line.left - 8 <= x <= line.right + 8
    assert line.top - 8 <= y <= line.bottom + 8
    assert max(line.right - line.left, line.bottom - line.top) == pytest.approx(right - left, rel=0.2)


def test_cropped_page_counts_from_its_crop_box(parse_file, draw, tmp_path):
    writer = PdfWriter()
    page = PdfReader(draw(article)).pages[0]
    page.cropbox.lower_left = (50, 480)
    page.cropbox.upper_right = (400, 800)
    writer.add_page(page)
    writer.write(tmp_path / "cropped.pdf")

    line = parse_file(tmp_path / "cropped.pdf").blocks[0].lines[0]

    assert line.left == pytest.approx(10, abs=3)
    assert line.bottom == pytest.approx(20, abs=6)


def test_text_within_a_lines_box_is_the_lines_text(parse_file):
    parsed = parse_file("pdf/multi_page.pdf")
    document = pdfium.PdfDocument(DATA / "pdf/multi_page.pdf")

    for block in parsed.blocks:
        for line in block.lines:
            page = document[line.page - 1]
            height = page.get_height()
            found = page.get_textpage().get_text_bounded(line.left, height - line.bottom, line.right, height - line.top)
            shown = parsed.text[line.start : line.end].replace(" | ", " ")
            assert " ".join(shown.split()) in " ".join(found.replace("\x02", "-").split())
