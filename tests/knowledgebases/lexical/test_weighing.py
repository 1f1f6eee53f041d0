"""Weights of terms."""

import pytest

from knowledgebases.lexical import weighing


def test_fields_weigh_before_saturation():
    weighted = weighing.weigh([(1.0, ["apple pear"]), (3.0, ["apple"])], "English")

    assert dict(weighted.frequencies) == {"appl": 4.0, "pear": 1.0}
    assert weighted.length == 5.0


def test_saturation_is_that_of_bm25():
    weights = weighing.weigh([(1.0, ["apple apple pear pear"])], "English").saturated(average=4.0)

    assert weights == pytest.approx({"appl": 2 / (2 + 1.2), "pear": 2 / (2 + 1.2)})


def test_a_longer_chunk_weighs_its_terms_less():
    short = weighing.weigh([(1.0, ["apple"])], "English").saturated(average=4.0)
    long = weighing.weigh([(1.0, ["apple and so many other fruits, berries, nuts"])], "English").saturated(average=4.0)

    assert long["appl"] < short["appl"]


def test_the_heaviest_terms_of_an_endless_chunk_are_kept():
    words = " ".join(f"{number:06d}" for number in range(weighing.MOST_TERMS + 500))

    weighted = weighing.weigh([(1.0, [words]), (5.0, ["keyword"])], "English")

    assert len(weighted.frequencies) == weighing.MOST_TERMS
    assert "keyword" in weighted.frequencies
    assert weighted.length == weighing.MOST_TERMS + 505


@pytest.mark.parametrize(
    ("chunks", "length", "average"),
    [(0, 0, 120), (1, 620, 220), (4, 4 * 800, 460), (96, 96 * 800, 772.8), (100_000, 100_000 * 200, 199.997)],
)
def test_an_average_begins_as_that_of_four_chunks_of_a_usual_length(chunks, length, average):
    assert weighing.average_length(chunks, length) == pytest.approx(average, abs=0.001)
