import itertools

import numpy as np
import pytest

from documents.evaluation import significance
from documents.evaluation.significance import difference


def by_hand(before, after):
    """The share of all ways to flip the signs of the differences that end as far from 0."""
    differences = [b - a for a, b in zip(before, after, strict=True)]
    observed = abs(sum(differences))
    sums = [
        abs(sum(sign * one for sign, one in zip(signs, differences, strict=True)))
        for signs in itertools.product([-1, 1], repeat=len(differences))
    ]
    return sum(one >= observed - 1e-9 for one in sums) / len(sums)


@pytest.mark.parametrize("seed", range(5))
def test_few_questions_are_tested_exactly(seed):
    random = np.random.default_rng(seed)
    before, after = random.random(10), random.random(10) + 0.2

    found = difference(before, after)

    assert found.p == pytest.approx(by_hand(before, after), abs=1e-12)
    assert found.mean == pytest.approx(np.mean(after - before))


def test_drawn_rounds_come_close_to_all_of_them(monkeypatch):
    random = np.random.default_rng(1)
    before, after = random.random(12), random.random(12) + 0.1
    exact = difference(before, after).p

    monkeypatch.setattr(significance, "ROUNDS", 4000)
    drawn = difference(before, after).p

    assert 0.05 < exact < 0.95
    assert drawn == pytest.approx(exact, abs=0.03)


def test_the_same_figures_have_the_same_answer():
    random = np.random.default_rng(2)
    before, after = random.random(500), random.random(500)

    assert difference(before, after) == difference(before, after)


def test_a_gain_on_every_question_is_no_luck():
    found = difference([0.1] * 300, [0.2] * 300)

    assert (found.better, found.worse) == (300, 0)
    assert 0 < found.p < 0.001


def test_questions_that_stay_as_they_are_say_nothing():
    assert difference([0.5] * 8, [0.5] * 8) == significance.Difference(0.0, 1.0, 0, 0)
    assert difference([0.5, 0.1, 0.1], [0.5, 0.2, 0.3]).p == difference([0.1, 0.1], [0.2, 0.3]).p


def test_nothing_differs_where_nothing_was_asked():
    assert difference([], []).p == 1


def test_what_has_no_partner_is_refused():
    with pytest.raises(ValueError, match="1 figures cannot be paired with 2"):
        difference([0.1], [0.1, 0.2])


def test_many_questions_are_tested_in_a_blink():
    random = np.random.default_rng(3)

    found = difference(random.random(5_000), random.random(5_000))

    assert 0 < found.p <= 1
