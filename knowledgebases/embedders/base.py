"""What every embedding model offers, wherever it runs."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]


class Embedder(Protocol):
    """An embedding model: texts to L2-normalised float32 vectors. Safe to use from several threads.

    Raises `system.errors.Unavailable` where trying again may help (a remote model answers 429, 5xx or not at all),
    `system.errors.Misconfigured` where it does not (4xx, wrong dimension, missing model files).
    """

    @property
    def model_id(self) -> str:
        """`name@provider`, as datasets store it."""

    @property
    def revision(self) -> str:
        """Hash of what decides the vectors (weights, tokenizer, prefixes, pooling; for a remote model its address)."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    @property
    def floor(self) -> float:
        """Mean cosine of unrelated question-passage pairs (mu in retrieval.md §4), the zero of vector similarity."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages, shape (n, dimension), row i for text i, whatever the order of computation."""

    def embed_query(self, text: str) -> Vectors:
        """Vector of a question, shape (dimension,)."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Number of tokens of each text (the model's own tokenizer where it is known)."""
