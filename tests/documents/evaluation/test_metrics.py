"""Metrics against ir-measures (trec_eval underneath)."""

import random

import ir_measures
import pytest

from documents.evaluation import metrics

ORACLE = {
    "ndcg@1": ir_measures.nDCG @ 1,
    "ndcg@10": ir_measures.nDCG @ 10,
    "ndcg@100": ir_measures.nDCG @ 100,
    "recall@1": ir_measures.R @ 1,
    "recall@10": ir_measures.R @ 10,
    "recall@100": ir_measures.R @ 100,
    "mrr": ir_measures.RR,
    "mrr@10": ir_measures.RR @ 10,
}
DOCUMENTS = [f"d{number}" for number in range(60)]


def questions(count=200):
    """Rankings and judgements of all kinds: short and long, empty ones, grades 0 to 3, the relevant found or not."""
    chance = random.Random(7)
    made = {}
    for number in range(count):
        ranking = chance.sample(DOCUMENTS, chance.choice([0, 1, 5, 40]))
        judged = {one: chance.choice([0, 0, 1, 1, 2, 3]) for one in chance.sample(DOCUMENTS, chance.choice([1, 2, 20]))}
        made[f"q{number}"] = ranking, judged
    return made


@pytest.mark.parametrize("name", ORACLE)
def test_a_metric_is_that_of_the_oracle(name):
    asked = questions()
    qrels = [ir_measures.Qrel(key, one, grade) for key, (_, judged) in asked.items() for one, grade in judged.items()]
    run = [
        ir_measures.ScoredDoc(key, one, float(-place))
        for key, (ranking, _) in asked.items()
        for place, one in enumerate(ranking)
    ]
    expected = {found.query_id: found.value for found in ir_measures.iter_calc([ORACLE[name]], qrels, run)}

    metric = metrics.parse(name)
    found = {key: metric.of(ranking, judged) for key, (ranking, judged) in asked.items()}

    assert found == pytest.approx({key: expected.get(key, 0.0) for key in asked}, abs=1e-9, rel=0)
    assert metrics.mean([*found.values()]) == pytest.approx(
        ir_measures.calc_aggregate([ORACLE[name]], qrels, run)[ORACLE[name]], abs=1e-9, rel=0
    )


def test_a_negative_grade_is_not_relevant():
    judged = {"a": -1, "b": 1}

    assert [metrics.parse(name).of(["a", "b"], judged) for name in ("mrr", "recall@1", "recall@2")] == [0.5, 0, 1]
    assert metrics.parse("ndcg@10").of(["a", "b"], judged) == pytest.approx(0.6309297535714574)


@pytest.mark.parametrize("name", ["ndcg@10", "recall@10", "mrr"])
def test_where_nothing_is_relevant_there_is_nothing_to_gain(name):
    assert metrics.parse(name).of(["a"], {"a": 0}) == 0


def test_the_mean_of_nothing_is_none():
    assert metrics.mean([]) == 0


@pytest.mark.parametrize(
    ("asked", "name", "depth"),
    [(" NDCG@10 ", "ndcg@10", 10), ("recall@0100", "recall@100", 100), ("mrr", "mrr", None), ("mrr@5", "mrr@5", 5)],
)
def test_metrics_are_called_by_name(asked, name, depth):
    metric = metrics.parse(asked)

    assert (metric.name, metric.depth) == (name, depth)


@pytest.mark.parametrize(
    "name", ["", "ndcg", "ndcg@", "ndcg@0", "ndcg@1001", "ndcg@-1", "ndcg@1.5", "ndcg@٣", "map@10", "mrr@", "a" * 5000]
)
def test_other_names_are_refused(name):
    with pytest.raises(ValueError, match=r"There is no metric .* there are ndcg@K"):
        metrics.parse(name)
