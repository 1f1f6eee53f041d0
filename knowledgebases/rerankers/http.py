"""A rerank model behind an HTTP endpoint: Cohere, Jina, vLLM, Xinference, LocalAI, llama.cpp and TEI."""

import math
from collections.abc import Sequence
from enum import Enum
from typing import Any

from knowledgebases.embedders.endpoint import Endpoint
from system.errors import Misconfigured

PATH = "/rerank"
SECONDS = 10.0
"""How long somebody who searches waits for the judgement, at most; then there is none."""
QUESTION_CHARS, PASSAGE_CHARS = 2_000, 4_000
"""What such models read of a question and of a passage, about; some refuse what is longer."""
REPLY_BYTES = 1 << 20
LARGEST = 1e6  # of a score; beyond any model's


class Style(Enum):
    """What a request looks like; replies are understood in any style."""

    COMMON = "documents"
    TEI = "texts"


class HttpReranker:
    """Scores by `POST {base_url}/rerank`.

    Scores within 0..1 are taken as they are. Where one lies outside, they are logits, as llama.cpp gives them, and the
    logistic function makes them shares.
    """

    def __init__(self, endpoint: Endpoint, *, style: Style = Style.COMMON) -> None:
        self.model_id = endpoint.model_id
        self._endpoint = endpoint
        self._style = style

    def __repr__(self) -> str:
        return f"HttpReranker({self.model_id!r}, {self._endpoint.url(PATH)!r})"

    def scores(self, question: str, passages: Sequence[str]) -> list[float]:
        """How well each passage answers the question, 0..1, in the order of the passages."""
        payload = self._payload(question[:QUESTION_CHARS], [passage[:PASSAGE_CHARS] or " " for passage in passages])
        given = self._given(self._endpoint.ask(PATH, payload), len(passages))
        return given if all(0 <= score <= 1 for score in given) else [_share(score) for score in given]

    def _payload(self, question: str, passages: list[str]) -> dict[str, Any]:
        if self._style is Style.TEI:
            return {"query": question, "texts": passages, "truncate": True}
        return {"model": self._endpoint.model, "query": question, "documents": passages, "top_n": len(passages)}

    def _given(self, answered: Any, count: int) -> list[float]:
        """The scores of an answer in the order of the request; nothing in the answer is believed."""
        rows = answered
        if isinstance(answered, dict):
            rows = next((answered[name] for name in ("results", "data") if name in answered), None)
        if not isinstance(rows, list) or len(rows) != count or not all(isinstance(row, dict) for row in rows):
            raise self._nonsense(f"no list of {count} results")
        order = [row.get("index") for row in rows]
        if not all(type(index) is int for index in order) or sorted(order) != list(range(count)):
            raise self._nonsense("an `index` that is missing, doubled or out of range")
        scores = [row.get("relevance_score", row.get("score")) for row in rows]
        if not all(type(score) in (int, float) and abs(score) <= LARGEST for score in scores):
            raise self._nonsense("a score that is missing or no number")
        return [float(score) for _, score in sorted(zip(order, scores, strict=True))]

    def _nonsense(self, what: str) -> Misconfigured:
        return self._endpoint.nonsense(PATH, what, "a rerank endpoint")


def _share(logit: float) -> float:
    """The logistic function, without overflow."""
    return 1 / (1 + math.exp(-logit)) if logit >= 0 else math.exp(logit) / (1 + math.exp(logit))
