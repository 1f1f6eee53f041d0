"""Test sets and their questions, with what lists of them show."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery

from documents.models import Evaluation, Judgement, Question, QuestionSet
from knowledgebases.models import Knowledgebase


def of_dataset(kb: Knowledgebase) -> list[QuestionSet]:
    """The test sets of a dataset, the newest first."""
    return shown(QuestionSet.objects.filter(kb=kb).order_by("-created_at", "-id"))


def shown(rows: QuerySet[QuestionSet]) -> list[QuestionSet]:
    """Each with `question_count`, `judgement_count`, `gone_count`, and its `last` evaluation or None."""
    last = Evaluation.objects.filter(question_set=OuterRef("pk")).order_by("-created_at", "-id").values("pk")[:1]
    sets: list[Any] = list(rows.annotate(last_id=Subquery(last)))
    questions = _counts(Question.objects.filter(question_set__in=sets), "question_set")
    judgements = Judgement.objects.filter(question__question_set__in=sets)
    judged = _counts(judgements, "question__question_set")
    gone = _counts(judgements.gone(), "question__question_set")
    evaluations = Evaluation.objects.in_bulk([one.last_id for one in sets if one.last_id])
    for one in sets:
        one.question_count, one.judgement_count = questions.get(one.pk, 0), judged.get(one.pk, 0)
        one.gone_count, one.last = gone.get(one.pk, 0), evaluations.get(one.last_id)
    return sets


def judged(questions: Iterable[Question]) -> Sequence[Question]:
    """Questions, each with `judged`: its judgements, those that are gone told."""
    rows: list[Any] = list(questions)
    by_question: dict[str, list[Judgement]] = {}
    for judgement in Judgement.objects.filter(question__in=rows).with_gone().order_by("-grade", "pk"):
        by_question.setdefault(judgement.question_id, []).append(judgement)
    for row in rows:
        row.judged = by_question.get(row.pk, [])
    return rows


def _counts(rows: QuerySet[Any], by: str) -> dict[str, int]:
    return dict(rows.order_by().values_list(by).annotate(n=Count("pk")))
