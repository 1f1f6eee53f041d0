import pytest

from documents import pairs
from system.errors import DataError


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("Who?\tOtters.", "Question: Who?\tAnswer: Otters."),
        ("Who?\nOtters.", "Question: Who?\tAnswer: Otters."),
        ("Who?\n\n\tOtters.\n", "Question: Who?\tAnswer: Otters."),
        ("Question: Who?\tAnswer: Otters.", "Question: Who?\tAnswer: Otters."),
        ("q : Who?\nA：Otters.", "Question: Who?\tAnswer: Otters."),
        ("问：谁？谁？\n答：水獭。", "问题：谁？谁？\t回答：水獭。"),
        ("Quality: first\tAll: second", "Question: Quality: first\tAnswer: All: second"),
    ],
    ids=["tab", "newline", "blank-lines", "formatted", "labels", "chinese", "words-that-are-no-labels"],
)
def test_two_parts_make_a_pair(text, joined):
    assert pairs.joined(text) == joined


def test_formatting_twice_changes_nothing():
    once = pairs.joined("Who?\tOtters.")

    assert pairs.joined(once) == once


@pytest.mark.parametrize("text", ["", "one", "one\ttwo\tthree", "a\tlong enough", "\t\n"])
def test_other_numbers_of_parts_make_none(text):
    with pytest.raises(DataError, match="separated by TAB/ENTER"):
        pairs.joined(text)
