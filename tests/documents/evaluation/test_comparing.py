import pytest

from documents.evaluation.comparing import compare, compared
from documents.models import EvaluatedQuestion, Evaluation

pytestmark = pytest.mark.django_db


@pytest.fixture
def evaluation(test_set):
    """An evaluation in which questions, known by digest, have these values of ndcg@10."""

    def evaluation(names=("ndcg@10",), **values):
        made = Evaluation.objects.create(
            question_set=test_set, model="m", chunks=1, hits=1, questions=len(values), names=list(names)
        )
        EvaluatedQuestion.objects.bulk_create(
            EvaluatedQuestion(
                evaluation=made,
                key=key,
                text=key,
                asked=key,
                score=value,
                values=dict.fromkeys(names, value),
                milliseconds=1,
            )
            for key, value in values.items()
        )
        return made

    return evaluation


def test_questions_are_paired_by_what_was_asked_in_whatever_order(evaluation):
    before, after = evaluation(a=0.1, b=0.5, c=1), evaluation(c=1, b=0.6, a=0.3)

    found = compare(before, after)

    assert (found.paired, found.unpaired) == (3, 0)
    one = found.metrics["ndcg@10"]
    assert (one.before, one.after) == (pytest.approx(1.6 / 3), pytest.approx(1.9 / 3))
    assert (one.difference.mean, one.difference.p) == (pytest.approx(0.1), 0.5)
    assert (one.difference.better, one.difference.worse) == (2, 0)


def test_questions_of_one_alone_are_left_out_and_counted(evaluation):
    found = compare(evaluation(a=0.1, b=0.5), evaluation(b=0.6, c=1))

    assert (found.paired, found.unpaired) == (1, 2)
    assert found.metrics["ndcg@10"].before == 0.5


def test_without_a_common_question_nothing_is_compared(evaluation):
    found = compare(evaluation(a=0.1), evaluation(b=0.6))

    assert (found.paired, found.unpaired, found.metrics) == (0, 2, {})


def test_metrics_of_one_alone_are_left_out(evaluation):
    found = compare(evaluation(("ndcg@10", "mrr"), a=0.1), evaluation(("mrr", "recall@5"), a=0.6))

    assert set(found.metrics) == {"mrr"}


def test_several_are_compared_with_the_first_or_with_the_baseline(evaluation):
    one, two, three = evaluation(a=0.1), evaluation(a=0.2), evaluation(a=0.3)

    assert [(found.before, found.after) for found in compared([one, two, three], None)] == [(one, two), (one, three)]
    assert [(found.before, found.after) for found in compared([two, three], one)] == [(one, two), (one, three)]
    assert compared([one], None) == []
