"""The questions of a test set as an evaluation asks them: with what is left of their judgements, and embedded."""

import hashlib
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from documents.models import Judgement, Question, QuestionSet
from knowledgebases.embedders.base import Embedder, Vectors
from system.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and the grades of what answers it: documents by id, or chunks by id."""

    question: Question
    judged: Mapping[str, int]
    chunks: bool
    """Whether chunks were judged; else a chunk that is found counts for its document."""

    @property
    def digest(self) -> str:
        """The same for the same question with the same answers: what two evaluations are paired by."""
        told = [self.question.key, self.question.text, sorted(self.judged.items())]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Paper:
    """What is asked of a test set, and what is not."""

    asked: Sequence[Asked]
    unjudged: int
    """Questions left out: nothing that answers them is left."""
    gone: int
    """Judgements left out: their document or chunk is gone."""


def paper(question_set: QuestionSet, *, sample: int | None = None) -> Paper:
    """The questions of a test set, in their order; a `sample` is the same each time, as long as they are."""
    judgements: dict[str, list[Judgement]] = {}
    gone = 0
    rows: Iterable[Any] = Judgement.objects.filter(question__question_set=question_set).with_gone().order_by("pk")
    for judgement in rows:
        gone += judgement.gone
        if not judgement.gone:
            judgements.setdefault(judgement.question_id, []).append(judgement)
    questions = list(question_set.questions.order_by("created_at", "id"))
    asked = [_asked(one, judgements[one.pk]) for one in questions if one.pk in judgements]
    answered = [one for one in asked if any(one.judged.values())]
    unjudged = len(questions) - len(answered)
    return Paper(_sampled(answered, sample) if sample else answered, unjudged, gone)


def _asked(question: Question, judgements: Sequence[Judgement]) -> Asked:
    chunks = bool(judgements[0].chunk_id)
    return Asked(question, {one.chunk_id or one.document_id: one.grade for one in judgements}, chunks)


def _sampled(asked: Sequence[Asked], count: int) -> list[Asked]:
    """So many of them, drawn by the digests of their keys."""
    drawn = sorted(asked, key=lambda one: hashlib.sha256(one.question.key.encode()).digest())[:count]
    chosen = {one.question.pk for one in drawn}
    return [one for one in asked if one.question.pk in chosen]


class Remembering:
    """A model that has embedded the questions before they are asked, so that no search is timed with it."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._known: dict[str, Vectors | Unavailable] = {}
        self.milliseconds: list[float] = []

    def learn(self, text: str) -> None:
        """Embed a question; that the model does not answer is remembered, too. Raises Misconfigured."""
        began = time.perf_counter()
        try:
            self._known[text] = self._embedder.embed_query(text)
            self.milliseconds.append((time.perf_counter() - began) * 1000)
        except Unavailable as error:
            self._known[text] = error

    def embed_query(self, text: str) -> Vectors:
        """The vector of a question."""
        known = self._known.get(text)
        if isinstance(known, Unavailable):
            raise known
        return self._embedder.embed_query(text) if known is None else known

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages."""
        return self._embedder.embed(texts)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Number of tokens of each text."""
        return self._embedder.count_tokens(texts)

    @property
    def model_id(self) -> str:
        """`name@provider`."""
        return self._embedder.model_id

    @property
    def revision(self) -> str:
        """What decides the vectors."""
        return self._embedder.revision

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._embedder.dimension

    @property
    def floor(self) -> float:
        """Mean cosine of unrelated pairs."""
        return self._embedder.floor
