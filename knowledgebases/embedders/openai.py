"""An embedding model behind an OpenAI-compatible endpoint: OpenAI itself, Ollama, vLLM, LM Studio and many more."""

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from knowledgebases.embedders.base import Vectors
from knowledgebases.embedders.endpoint import Endpoint
from knowledgebases.embedders.interrupting import checkpoint
from knowledgebases.embedders.querycache import QueryCache
from system.errors import Misconfigured

PATH = "/embeddings"
BATCH_CHARS = 200_000
"""Characters of one request: below the 300,000 tokens that OpenAI takes, in any language."""
MAX_DIMENSION = 16_000

UNRELATED = (
    ("How is the gear of a bicycle changed?", "The treaty ended forty years of war between the two kingdoms."),
    ("Which vitamins are in spinach?", "A compiler turns source code into instructions of the machine."),
    ("When does the museum open on Sundays?", "Sodium reacts violently with water and sets hydrogen free."),
    ("What is the penalty for paying late?", "The orchestra tunes to the oboe before the conductor enters."),
    ("Who designed the suspension bridge?", "Fold the egg whites gently into the chocolate and chill it."),
    ("How do vaccines protect from infection?", "The tenant returns all keys on the last day of the lease."),
    ("How many moons has Jupiter?", "Our quarterly revenue rose by nine percent to four million."),
    ("How can I reset my password?", "Wolves hunt in packs and follow the herds through the winter."),
)
"""Eight pairs that have nothing to do with each other, nor with any other pair: 64 pairs in all."""


class OpenAIEmbedder:
    """Embeds by `POST {base_url}/embeddings`.

    Vectors are normalised here, whatever the endpoint does. Empty texts, which some endpoints refuse, are sent as one
    space. `count` counts tokens: the remote tokenizer is not known, so the count is that of the bundled model, near
    enough for budgets of English text and too high for most others. Dimension and floor are found by one small request
    when first asked for, unless they are given.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        count: Callable[[Sequence[str]], list[int]],
        dimension: int | None = None,
        batch: int = 32,
    ) -> None:
        self.model_id = endpoint.model_id
        self.batch = batch
        self._endpoint = endpoint
        self._count = count
        self._dimension = dimension
        self._floor: float | None = None
        self._queries = QueryCache()

    def __repr__(self) -> str:
        return f"OpenAIEmbedder({self.model_id!r}, {self._endpoint.url(PATH)!r})"

    @property
    def revision(self) -> str:
        """Hash of the endpoint's address and the model's name (16 hex digits): more of a remote model is not told."""
        told = f"{self._endpoint.url(PATH)}\n{self._endpoint.model}"
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    @property
    def dimension(self) -> int:
        """Length of a vector, probed where it was not given."""
        return self._dimension or self.embed(["dimension"]).shape[1]

    @property
    def floor(self) -> float:
        """Mean cosine of `UNRELATED` questions and passages, an estimate that a larger sample would refine by .05."""
        if self._floor is None:
            questions, passages = zip(*UNRELATED, strict=True)
            vectors = self.embed([*questions, *passages])
            cosines = vectors[: len(questions)] @ vectors[len(questions) :].T
            self._floor = float(np.clip(cosines.mean(), 0, 0.95))
        return self._floor

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages, shape (n, dimension), row i for text i."""
        parts = [self._request(batch) for batch in self._batches(texts)]
        return np.concatenate(parts) if parts else np.zeros((0, self.dimension), np.float32)

    def embed_query(self, text: str) -> Vectors:
        """Vector of a question, shape (dimension,), read-only; the last ones are remembered."""
        known = self._queries.get(text)
        return self._queries.put(text, self._request([text])[0].copy()) if known is None else known

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Number of tokens of each text by the bundled model's tokenizer: an approximation."""
        return self._count(texts)

    def _batches(self, texts: Sequence[str]) -> Iterator[list[str]]:
        batch: list[str] = []
        for text in texts:
            if batch and (len(batch) == self.batch or sum(map(len, batch)) + len(text) > BATCH_CHARS):
                yield batch
                batch = []
            batch.append(text)
        if batch:
            yield batch

    def _request(self, texts: list[str]) -> Vectors:
        checkpoint()
        sent = [text if text.strip() else " " for text in texts]
        vectors = self._vectors(self._endpoint.ask(PATH, {"model": self._endpoint.model, "input": sent}), len(texts))
        self._dimension = self._dimension or vectors.shape[1]
        if vectors.shape[1] != self._dimension:
            raise Misconfigured(
                f"{self.model_id} answers vectors of length {vectors.shape[1]} where {self._dimension} was expected. "
                "Correct the dimension of the model, or the model's name."
            )
        return vectors

    def _vectors(self, answered: Any, count: int) -> Vectors:
        """The vectors of an answer in the order of the request, L2-normalised; nothing in the answer is believed."""
        rows = answered.get("data") if isinstance(answered, dict) else None
        if not isinstance(rows, list) or len(rows) != count or not all(isinstance(row, dict) for row in rows):
            raise self._nonsense(f"no list `data` of {count} objects")
        order = [row.get("index", number) for number, row in enumerate(rows)]
        if not all(type(index) is int for index in order) or sorted(order) != list(range(count)):
            raise self._nonsense("an `index` that is missing, doubled or out of range")
        vectors = [self._vector(row.get("embedding")) for row in rows]
        if len({len(vector) for vector in vectors}) != 1:
            raise self._nonsense("vectors of different lengths")
        stacked = np.stack(vectors)
        norms = np.linalg.norm(stacked.astype(np.float64), axis=1, keepdims=True)
        if not np.isfinite(norms).all() or not norms.all():
            raise self._nonsense("a vector that is zero or not finite")
        result: Vectors = np.empty_like(stacked)
        result[order] = stacked / norms
        return result

    def _vector(self, value: Any) -> Vectors:
        if isinstance(value, str):
            try:
                data = base64.b64decode(value, validate=True)
            except binascii.Error:
                data = b""
            vector: Vectors = np.frombuffer(data[: len(data) // 4 * 4], "<f4").astype(np.float32)
        elif isinstance(value, list) and all(type(number) in (int, float) for number in value):
            with np.errstate(over="ignore"):
                vector = np.array(value, np.float32)
        else:
            raise self._nonsense("an `embedding` that is no list of numbers")
        if not 0 < len(vector) <= MAX_DIMENSION:
            raise self._nonsense(f"a vector of length {len(vector)}")
        return vector

    def _nonsense(self, what: str) -> Misconfigured:
        return self._endpoint.nonsense(PATH, what, "an OpenAI-compatible endpoint")
