"""What every rerank model offers, wherever it runs."""

from collections.abc import Sequence
from typing import Protocol


class Reranker(Protocol):
    """A rerank model. Raises Unavailable where trying again may help, Misconfigured where it does not."""

    @property
    def model_id(self) -> str:
        """`name@provider`."""

    def scores(self, question: str, passages: Sequence[str]) -> list[float]:
        """How well each passage answers the question, 0..1, in the order of the passages."""
