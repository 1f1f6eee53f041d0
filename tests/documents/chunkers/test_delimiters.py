import pytest

from system.errors import DocumentFault
from tests.documents.chunkers.drafts import characters, contents, document, passages


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        (" ".join(f"Sentence {n} has six words here." for n in range(9)), "Sentence"),
        (" ".join(f"See Fig. {n} by J. Doe, e.g. there." for n in range(9)), "See"),
        ("\n".join(f"a line {n} without any stop at" for n in range(9)).title(), "A"),
    ],
    ids=["sentences", "abbreviations", "lines"],
)
def test_long_paragraph_is_cut_at_sentence_ends_and_lines(text, starts):
    assert {content.split()[0] for content in contents(document(("text", text)), 18)} == {starts}


def test_chinese_is_cut_at_its_sentence_ends():
    text = "我们今天去公园。" * 20

    assert {content[-1] for content in contents(document(("text", text)), 20, count=characters)} == {"。"}


def test_line_wrap_inside_a_sentence_is_worse_than_its_end():
    text = "\n".join(["alpha beta gamma delta", "epsilon zeta. Eta theta", "iota kappa lambda mu."] * 4)

    assert all(content.endswith(".") for content in contents(document(("text", text)), 15))


@pytest.mark.parametrize(
    ("delimiter", "text"),
    [
        (r"\n", "one two three\nfour five six\nseven eight nine"),
        ("\n", "One two three\nFour five six\nSeven eight nine"),
        ("|;", "One two three|Four five six;Seven eight nine"),
        ("`##`", "One two # three##Four five # six##Seven eight # nine"),
        (";`&&`", "One two & three&&Four five & six;Seven eight & nine"),
    ],
    ids=["escaped", "newline", "characters", "backticks", "both"],
)
def test_delimiter_says_where_to_cut(delimiter, text):
    found = contents(document(("text", text)), 4 if "#" in text or "&" in text else 3, delimiter=delimiter)

    assert [content.split()[0].lower() for content in found] == ["one", "four", "seven"]


def test_empty_delimiter_leaves_paragraphs_to_their_sentences():
    assert contents(document(("text", "One two.\nThree four.")), 2, delimiter="") == ["One two.", "Three four."]


@pytest.mark.parametrize("unit", ["é", "👩‍👩‍👧", "🇫🇷", "👍🏽", "한"], ids=["accent", "family", "flag", "skin", "jamo"])
def test_what_prints_as_one_character_is_not_parted(unit):
    found = contents(document(("text", unit * 50)), 16, count=characters)

    assert "".join(found) == unit * 50
    assert all(len(content) % len(unit) == 0 for content in found)


def test_too_many_delimiters_are_refused():
    delimiter = "".join(f"`{number}x`" for number in range(65))

    with pytest.raises(DocumentFault, match="65"):
        passages(document(("text", "a")), delimiter=delimiter)
