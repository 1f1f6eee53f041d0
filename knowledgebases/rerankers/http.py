"""A rerank model behind an HTTP endpoint: Cohere, Jina, vLLM, Xinference, LocalAI, llama.cpp and TEI."""

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from enum import Enum
from typing import Any, Protocol

from knowledgebases.embedders.replies import fault_of
from system.errors import Misconfigured
from system.transport import Answer

SECONDS = 10.0
"""How long somebody who searches waits for the judgement, at most; then there is none."""
QUESTION_CHARS, PASSAGE_CHARS = 2_000, 4_000
"""What such models read of a question and of a passage, about; some refuse what is longer."""
REPLY_BYTES = 1 << 20
LARGEST = 1e6  # of a score; beyond any model's


class Caller(Protocol):
    """What is needed of `system.transport.Transport`."""

    def post_json(self, url: str, payload: Any, *, headers: dict[str, str], timeout: float, max_bytes: int) -> Answer:
        """Post JSON; see the transport for what it raises."""


class Passing(Protocol):
    """What is needed of `knowledgebases.embedders.gate.Gate`."""

    def passing(self) -> AbstractContextManager[None]:
        """Entered for each request; raises Suspended where it is not to be made now."""


class Style(Enum):
    """What a request looks like; replies are understood in any style."""

    COMMON = "documents"
    TEI = "texts"


class HttpReranker:
    """Scores by `POST {base_url}/rerank`.

    Scores within 0..1 are taken as they are. Where one lies outside, they are logits, as llama.cpp gives them, and the
    logistic function makes them shares.
    """

    def __init__(
        self,
        *,
        base_url: str,
        model: str,
        api_key: str,
        model_id: str,
        transport: Caller,
        style: Style = Style.COMMON,
        timeout: float = SECONDS,
        gate: Passing | None = None,
    ) -> None:
        self.url = base_url.rstrip("/").removesuffix("/rerank") + "/rerank"
        self.model = model
        self.model_id = model_id
        self.timeout = timeout
        self._key = api_key
        self._transport = transport
        self._style = style
        self._gate = gate

    def __repr__(self) -> str:
        return f"HttpReranker({self.model_id!r}, {self.url!r})"

    def scores(self, question: str, passages: Sequence[str]) -> list[float]:
        """How well each passage answers the question, 0..1, in the order of the passages."""
        payload = self._payload(question[:QUESTION_CHARS], [passage[:PASSAGE_CHARS] or " " for passage in passages])
        with self._gate.passing() if self._gate else nullcontext():
            answer = self._asked(payload)
        given = self._given(answer.json(), len(passages))
        return given if all(0 <= score <= 1 for score in given) else [_share(score) for score in given]

    def _payload(self, question: str, passages: list[str]) -> dict[str, Any]:
        if self._style is Style.TEI:
            return {"query": question, "texts": passages, "truncate": True}
        return {"model": self.model, "query": question, "documents": passages, "top_n": len(passages)}

    def _asked(self, payload: dict[str, Any]) -> Answer:
        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        answer = self._transport.post_json(
            self.url, payload, headers=headers, timeout=self.timeout, max_bytes=REPLY_BYTES
        )
        if answer.status != 200:
            raise fault_of(answer, self.model, self._key)
        return answer

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
        return Misconfigured(f"{self.url} answers {what}. Check that it is a rerank endpoint.")


def _share(logit: float) -> float:
    """The logistic function, without overflow."""
    return 1 / (1 + math.exp(-logit)) if logit >= 0 else math.exp(logit) / (1 + math.exp(logit))
