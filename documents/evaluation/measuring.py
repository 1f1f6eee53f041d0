"""Asking the questions of a test set, in one or several ways, and keeping what that came to."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from django.db import transaction
from django.db.models import QuerySet

from documents.evaluation import metrics as measures
from documents.evaluation.asking import Asked, Paper, Remembering, paper
from documents.evaluation.keeping import QUESTIONS
from documents.evaluation.metrics import Metric
from documents.evaluation.settings import Setting
from documents.models import EvaluatedQuestion, Evaluation, QuestionSet
from knowledgebases.embedding import embedder_for
from knowledgebases.engines.base import WIDEST, WINDOW
from knowledgebases.models import Knowledgebase
from knowledgebases.retrieval import Answer, Options, retrieve
from knowledgebases.retrieval.tagging import tag_sets
from system.errors import ArgumentError, Conflict, DataError, NotFound, TooLarge

SHOWN = 5  # of what was found, kept for each question
METRICS = 10  # of one evaluation
KEPT = 100  # evaluations of one test set; older ones make room


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure."""

    settings: Sequence[Setting]
    metrics: Sequence[Metric]
    hits: int
    sample: int | None = None

    @classmethod
    def of(
        cls, settings: Sequence[Setting], names: Sequence[str], *, hits: int | None = None, sample: int | None = None
    ) -> "Plan":
        """From the names of metrics; none: the usual. Raises ArgumentError for what cannot be measured."""
        try:
            chosen = {one.name: one for one in map(measures.parse, names or measures.DEFAULT)}
        except ValueError as error:
            raise ArgumentError(str(error)) from None
        deepest = max(one.depth or 1 for one in chosen.values())
        hits = max(WINDOW, deepest) if hits is None else hits
        if sample is not None and not 1 <= sample <= QUESTIONS:
            raise ArgumentError(f"`sample` should be a number from 1 to {QUESTIONS}.")
        if len(chosen) > METRICS:
            raise ArgumentError(f"An evaluation has up to {METRICS} metrics; these are {len(chosen)}.")
        if not deepest <= hits <= WIDEST:
            raise ArgumentError(f"`hits` should be a number from {deepest}, which the metrics need, to {WIDEST}.")
        return cls(settings, list(chosen.values()), hits, sample)


@dataclass(frozen=True, slots=True)
class Bound:
    """What may be done at most, where somebody waits for it."""

    searches: int
    seconds: float


@dataclass(slots=True)
class _Pass:
    """One way to search, as far as it has come."""

    setting: Setting
    options: Options
    rows: list[EvaluatedQuestion] = field(default_factory=list)


def evaluate(
    question_set: QuestionSet,
    plan: Plan,
    *,
    reached: QuerySet[Knowledgebase],
    bound: Bound | None = None,
    tell: Callable[[str], None] = lambda done: None,
) -> list[Evaluation]:
    """Ask every question in each way, and keep an evaluation for each, in the order of the settings.

    The ways take turns at each question, so that none finds caches warmer than another. Tag sets of the dataset count
    as far as they are `reached`. `tell` hears before each question how far it has come. Raises DataError where there is
    nothing to ask or to search, ArgumentError for a rerank model that is not there, TooLarge where it goes beyond
    `bound`, NotFound or Conflict where the dataset goes or changes over meanwhile: nothing is kept then.
    """
    kb = Knowledgebase.objects.live().select_related("tenant", "space").filter(pk=question_set.kb_id).first()
    if kb is None:
        raise NotFound("The dataset has been deleted.")
    served = _served(kb)  # before a search notices that it is otherwise
    asked = paper(question_set, sample=plan.sample)
    _refuse(kb, asked, plan, bound)
    sets = tag_sets([kb], reached)
    passes = [_Pass(one, one.options(kb, hits=plan.hits, tag_sets=sets)) for one in plan.settings]
    until = time.monotonic() + bound.seconds if bound else None
    embedder = Remembering(embedder_for(kb)) if kb.space_id else None
    for number, one in enumerate(asked.asked if embedder else ()):
        tell(done := f"{number:,} of {len(asked.asked):,} questions were embedded")
        _in_time(until, done)
        embedder.learn(one.question.text)  # type: ignore[union-attr]
    for number, one in enumerate(asked.asked):
        tell(done := f"{number:,} of {len(asked.asked):,} questions were asked")
        _in_time(until, done)
        turn = number % len(passes)
        for current in (*passes[turn:], *passes[:turn]):
            current.rows.append(_ask(kb, one, current.options, plan, embedder))
    _refuse_changed(kb, served)
    return _keep(question_set, kb, plan, asked, passes, embedder)


def _served(kb: Knowledgebase) -> tuple[object, ...]:
    """What decides the vectors and the words of a dataset."""
    return kb.space_id, kb.language


def _refuse_changed(kb: Knowledgebase, served: tuple[object, ...]) -> None:
    """Figures of two models, or of a dataset that is emptied, are of nothing."""
    now = Knowledgebase.objects.live().filter(pk=kb.pk).first()
    if now is None:
        raise NotFound("The dataset has been deleted.")
    if _served(now) != served:
        raise Conflict("The dataset changed over to another model or language meanwhile; evaluate it again.")


def _refuse(kb: Knowledgebase, asked: Paper, plan: Plan, bound: Bound | None) -> None:
    if not asked.asked:
        raise DataError("The test set has no question with an answer that can be found; add some, or import them.")
    if not kb.chunk_num:
        raise DataError("The dataset has no chunks to be found; parse its documents first.")
    searches = len(asked.asked) * len(plan.settings)
    if bound and searches > bound.searches:
        ways = "one way" if len(plan.settings) == 1 else f"{len(plan.settings)} ways"
        raise TooLarge(
            f"{len(asked.asked):,} questions in {ways} are {searches:,} searches, and one request may make "
            f"{bound.searches:,}. Take a sample or fewer settings, or run `manage.py evaluate`, which has no limit."
        )


def _in_time(until: float | None, done: str) -> None:
    if until is not None and time.monotonic() > until:
        raise TooLarge(
            f"The evaluation took too long for one request and was given up when {done}. Take a sample or fewer "
            "settings, or run `manage.py evaluate`, which has no limit."
        )


def _ask(
    kb: Knowledgebase, asked: Asked, options: Options, plan: Plan, embedder: Remembering | None
) -> EvaluatedQuestion:
    """One search, judged."""
    began = time.perf_counter()
    answer = retrieve([kb], asked.question.text, options, embedder=embedder, counted=False)
    milliseconds = (time.perf_counter() - began) * 1000
    found = ranking(answer, chunks=asked.chunks)
    ranked = list(found)
    values = {metric.name: metric.of(ranked, asked.judged) for metric in plan.metrics}
    return EvaluatedQuestion(
        question=asked.question,
        key=asked.question.key,
        text=asked.question.text,
        asked=asked.digest,
        score=values[plan.metrics[0].name],
        values=values,
        place=measures.first_relevant(ranked, asked.judged),
        found=list(found.values())[:SHOWN],
        milliseconds=milliseconds,
        degraded=answer.degraded,
    )


def ranking(answer: Answer, *, chunks: bool) -> Mapping[str, dict[str, str]]:
    """What was found by its id, best first: the chunks, or the documents, each at the place of its best chunk."""
    found: dict[str, dict[str, str]] = {}
    for scored in answer.hits:
        hit = scored.hit
        told = {"document_id": hit.document_id, "document_name": hit.document_name, "chunk_id": hit.chunk_id}
        found.setdefault(hit.chunk_id if chunks else hit.document_id, told)
    return found


@transaction.atomic
def _keep(
    question_set: QuestionSet,
    kb: Knowledgebase,
    plan: Plan,
    asked: Paper,
    passes: Sequence[_Pass],
    embedder: Remembering | None,
) -> list[Evaluation]:
    if not QuestionSet.objects.select_for_update(no_key=True).filter(pk=question_set.pk).exists():
        raise NotFound("The test set has been deleted.")
    embedding = _percentiles("embedding", embedder.milliseconds if embedder else [])
    kept = []
    for one in passes:
        evaluation = _evaluation(one, plan)
        evaluation.question_set = question_set
        evaluation.model, evaluation.chunks = kb.embd_id, kb.chunk_num
        evaluation.effective = one.setting.effective(kb)
        evaluation.unjudged, evaluation.gone = asked.unjudged, asked.gone
        evaluation.timings |= embedding
        evaluation.save(force_insert=True)
        for row in one.rows:
            row.evaluation = evaluation
        EvaluatedQuestion.objects.bulk_create(one.rows, 500)
        kept.append(evaluation)
    old = question_set.evaluations.order_by("-created_at", "-id").values_list("pk", flat=True)[KEPT:]
    Evaluation.objects.filter(pk__in=list(old)).delete()
    return kept


def _evaluation(one: _Pass, plan: Plan) -> Evaluation:
    names = [metric.name for metric in plan.metrics]
    times = [row.milliseconds for row in one.rows]
    return Evaluation(
        setting=one.setting.given,
        hits=plan.hits,
        names=names,
        metrics={name: measures.mean([row.values[name] for row in one.rows]) for name in names},
        timings=_percentiles("search", times),
        questions=len(one.rows),
        sample=plan.sample,
        degraded=sum(bool(row.degraded) for row in one.rows),
        seconds=sum(times) / 1000,
    )


def _percentiles(what: str, times: Sequence[float]) -> dict[str, float]:
    """`…_p50` and `…_p95`; nothing of nothing."""
    if not times:
        return {}
    p50, p95 = np.percentile(times, [50, 95])
    return {f"{what}_p50": float(p50), f"{what}_p95": float(p95)}
