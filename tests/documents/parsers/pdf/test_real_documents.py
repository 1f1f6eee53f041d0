"""Documents of the wild, as far as they are here."""

import re
from collections import Counter

from tests.documents.parsers.conftest import DATA


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
