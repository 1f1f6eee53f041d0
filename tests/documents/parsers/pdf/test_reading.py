"""Text in reading order, and what kind each block is."""

import re

from documents.parsers.base import BlockKind
from tests.documents.parsers.pdf.drawing import WORDS, article, columns, numbered, prose, text_at


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


def test_pages_can_be_limited_to_ranges(parse_file, draw):
    path = draw(*(numbered(number) for number in range(1, 6)))

    parsed = parse_file(path, pages=[[2, 4], [5, 6]])

    assert sorted({block.lines[0].page for block in parsed.blocks}) == [2, 3, 5]
    assert parsed.pages == 5


def test_document_named_txt_is_still_a_pdf(parse_file, draw):
    assert parse_file(draw(article), name="a.txt").blocks[0].kind is BlockKind.HEADING
