import re
from collections import Counter
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from pypdf import PdfReader, PdfWriter
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from documents.parsers import pdf as subject
from documents.parsers.base import BlockKind
from system.errors import DocumentFault, FaultCode

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "documents"
SENTENCE = "otters swim along the river bank and catch fish while the sun sets behind old trees"
WORDS = SENTENCE.split()
WIDTH, HEIGHT = A4


def prose(count, start=0):
    return " ".join(WORDS[(start + at) % len(WORDS)] for at in range(count))


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


def text_at(canvas, x, y, *lines, size=10, font="Helvetica", leading=12):
    canvas.setFont(font, size)
    for at, line in enumerate(lines):
        canvas.drawString(x, y - at * leading, line)


def article(canvas):
    text_at(canvas, 60, 780, "The great title", size=22)
    text_at(canvas, 60, 740, "1 First section", size=14)
    text_at(canvas, 60, 715, f"{prose(14)} ever-", f"green {prose(12, 5)}.")
    text_at(canvas, 60, 670, "Bold words", font="Helvetica-Bold")
    text_at(canvas, 60, 650, "• first point", "• second point that runs", "  on", leading=13)
    for row, cells in enumerate((("Name", "Year", "Place"), ("Ada", "1815", "London"), ("Grace", "1906", "New York"))):
        for column, cell in enumerate(cells):
            text_at(canvas, 60 + 150 * column, 580 - 16 * row, cell)
    text_at(canvas, 60, 500, f"{prose(15)}", f"{prose(15, 3)}.")


def test_blocks_of_a_page(parse_file, shape, draw):
    parsed = parse_file(draw(article))

    assert shape(parsed) == [
        ("heading", 1, "The great title"),
        ("heading", 2, "1 First section"),
        ("text", 0, f"{prose(14)} evergreen {prose(12, 5)}."),
        ("heading", 3, "Bold words"),
        ("list_item", 1, "• first point"),
        ("list_item", 1, "• second point that runs on"),
        ("table", 0, "Name | Year | Place\nAda | 1815 | London\nGrace | 1906 | New York"),
        ("text", 0, f"{prose(15)} {prose(15, 3)}."),
    ]
    assert parsed.title == "The great title"
    assert parsed.pages == 1


def columns(canvas):
    text_at(canvas, 60, 780, "Title over both columns", size=20)
    for column in (0, 1):
        lines = [prose(7, column * 7 + at) for at in range(30)]
        text_at(canvas, 60 + 260 * column, 740 - 6 * column, *lines, size=9)


def test_columns_are_read_one_after_the_other(parse_file, draw):
    text = parse_file(draw(columns)).text

    left = " ".join(prose(7, at) for at in range(30))
    right = " ".join(prose(7, 7 + at) for at in range(30))
    assert text.replace("\n\n", " ") == f"Title over both columns {left} {right}"


def test_columns_drawn_line_by_line_are_still_columns(parse_file, draw):
    def across(canvas):
        for at in range(30):
            text_at(canvas, 60, 740 - 12 * at, prose(7, at), size=9)
            text_at(canvas, 320, 740 - 12 * at, prose(7, 7 + at).upper(), size=9)

    text = parse_file(draw(across)).text.replace("\n\n", " ")

    assert text == " ".join(prose(7, at) for at in range(30)) + " " + " ".join(
        prose(7, 7 + at).upper() for at in range(30)
    )


def numbered(number):
    def page(canvas):
        text_at(canvas, 60, 820, "Handbook of otters")
        text_at(canvas, 60, 700, *(f"Page {number} says {prose(10, number + at)}." for at in range(4)))
        text_at(canvas, 290, 20, str(number))

    return page


def test_running_headers_and_page_numbers_are_dropped(parse_file, draw):
    text = parse_file(draw(*(numbered(number) for number in range(1, 6)))).text

    assert "Handbook" not in text
    assert not re.search(r"^\d+$", text, re.MULTILINE)
    assert all(f"Page {number} says" in text for number in range(1, 6))


def test_headers_of_two_pages_stay(parse_file, draw):
    assert parse_file(draw(numbered(1), numbered(2))).text.count("Handbook of otters") == 2


def test_same_line_with_own_text_outside_of_it_stays(parse_file, draw):
    def page(number):
        def run(canvas):
            text_at(canvas, 60, 825, f"Chapter about {WORDS[number]}")
            text_at(canvas, 60, 800, "Introduction")
            text_at(canvas, 60, 700, prose(12))

        return run

    assert parse_file(draw(*map(page, range(4)))).text.count("Introduction") == 4


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


def test_pages_can_be_limited_to_ranges(parse_file, draw):
    path = draw(*(numbered(number) for number in range(1, 6)))

    parsed = parse_file(path, pages=[[2, 4], [5, 6]])

    assert sorted({block.lines[0].page for block in parsed.blocks}) == [2, 3, 5]
    assert parsed.pages == 5


def test_pages_without_text_are_reported(parse_file, draw):
    parsed = parse_file(draw(numbered(1), lambda canvas: canvas.rect(10, 10, 50, 50)))

    assert len(parsed.warnings) == 1
    assert parsed.warnings[0].startswith("Pages without text (empty or scanned) were left out: 2.")


def test_page_beyond_the_limit_of_characters_is_cut_and_reported(parse_file, draw, monkeypatch):
    monkeypatch.setattr("documents.parsers.pdf.fragments.MAX_CHARS", 30)

    parsed = parse_file(draw(article))

    assert parsed.text.startswith("The great title")
    assert parsed.warnings[-1].endswith("only so many were read: 1.")


def test_document_of_too_many_pages_is_too_large(parse_file, draw, monkeypatch):
    monkeypatch.setattr(subject, "MAX_PAGES", 2)

    with pytest.raises(DocumentFault) as caught:
        parse_file(draw(*[numbered(1)] * 3))

    assert caught.value.fault == FaultCode.TOO_LARGE


def test_scan_says_that_text_recognition_is_missing(parse_file, draw):
    with pytest.raises(DocumentFault, match="Recognising text in images is not part of this version") as caught:
        parse_file(draw(lambda canvas: canvas.rect(10, 10, 50, 50)))

    assert caught.value.fault == FaultCode.UNSUPPORTED


@pytest.mark.parametrize("name", ["ocr_test", "ocr_test_rotated_90", "ocr_test_rotated_180"])
def test_real_scans_are_unsupported(parse_file, name):
    with pytest.raises(DocumentFault) as caught:
        parse_file(f"pdf/{name}.pdf")

    assert caught.value.fault == FaultCode.UNSUPPORTED


def encrypted(path, user_password):
    writer = PdfWriter(clone_from=path)
    writer.encrypt(user_password=user_password, owner_password="owner", algorithm="AES-128")
    writer.write(path)
    return path


def test_document_under_an_owner_password_only_is_read(parse_file, draw):
    assert "great title" in parse_file(encrypted(draw(article), "")).text


def test_document_under_a_password_is_encrypted(parse_file, draw):
    with pytest.raises(DocumentFault, match="without one") as caught:
        parse_file(encrypted(draw(article), "secret"))

    assert caught.value.fault == FaultCode.ENCRYPTED


def test_real_document_under_a_password_is_encrypted(parse_file):
    with pytest.raises(DocumentFault) as caught:
        parse_file("pdf/libreoffice-writer-password.pdf")

    assert caught.value.fault == FaultCode.ENCRYPTED


@pytest.mark.parametrize(
    "data",
    [b"%PDF-1.7\n", b"%PDF-1.7\ngarbage " * 100, b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj trailer<</Root 1 0 R>>"],
    ids=["header", "garbage", "no pages"],
)
def test_damaged_document_is_corrupt(parse_bytes, data):
    with pytest.raises(DocumentFault) as caught:
        parse_bytes(data, "a.pdf")

    assert caught.value.fault == FaultCode.CORRUPT


def test_document_named_txt_is_still_a_pdf(parse_file, draw):
    assert parse_file(draw(article), name="a.txt").blocks[0].kind is BlockKind.HEADING


def bag(text):
    return Counter(re.findall(r"\w+", text))


def test_words_of_a_german_maths_book(parse_file):
    parsed = parse_file("pdf/GeoTopo-komprimiert.pdf")
    truth = bag((DATA / "pdf/GeoTopo-book.txt").read_text())

    found = bag(parsed.text)

    assert (found & truth).total() >= 0.95 * truth.total()
    assert (found & truth).total() >= 0.95 * found.total()


def test_real_columns_are_read_one_after_the_other(parse_file):
    text = parse_file("pdf/multicolumn.pdf").text

    assert "placerat ac, adipiscing vitae, felis. Curabitur dictum gravida mauris." in text
    assert text.index("Lorem ipsum dolor sit amet") < text.index("Proin fermentum massa") < text.index("Fusce mauris")


def test_real_headings_and_lists_are_found(parse_file, shape):
    blocks = shape(parse_file("pdf/multi_page.pdf"))

    assert ("heading", 1, "Future of Word Processing") in blocks
    assert sum(kind == "list_item" for kind, _, _ in blocks) >= 15


def test_arabic_lines_make_paragraphs(parse_file, shape):
    assert [kind for kind, _, _ in shape(parse_file("pdf/right_to_left_01.pdf"))] == ["heading"] + ["text"] * 4
