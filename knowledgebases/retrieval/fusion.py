"""One score out of several (design: retrieval.md §4). Absolute: nothing is normalised over the hits of a question."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from knowledgebases.engines.base import WIDEST, Hit

PARAPHRASE = 0.3
"""Vector similarity that a chunk without any term of the question needs to be a hit.

Calibrated, so that one number serves every model. MiniLM: the best of 1,300 to 5,200 unrelated passages lies at .14 to
.36 (median over the questions of another collection), three of four relevant passages lie above .4.
"""

TAGS = 10.0
"""What chunks gain whose tags are those of the question (contract F.3)."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a similarity is the sum of."""

    term: float
    vector: float = 0.0
    rerank: float = 0.0
    pagerank: float = 0.0
    tags: float = 0.0

    @property
    def total(self) -> float:
        """The similarity."""
        return math.fsum((self.term, self.vector, self.rerank, self.pagerank, self.tags))


@dataclass(frozen=True, slots=True)
class Scored:
    """A hit with the similarities that callers see."""

    hit: Hit
    term_similarity: float
    """Share of the question's idf that the chunk's terms earn, 0..1."""
    vector_similarity: float
    """Cosine with unrelated pairs at 0 and equal ones at 1; 0 where there is no vector. Or what a rerank model said."""
    parts: Parts
    highlight: str | None = None

    @property
    def similarity(self) -> float:
        """The weighted mean of the two, plus the page rank of the dataset (0..100, as the contract has it) and tags."""
        return self.parts.total


def calibrated(cosine: float | None, mu: float) -> float:
    """Cosine on a scale where `mu`, the mean of unrelated pairs of the model, is 0."""
    return 0.0 if cosine is None or mu >= 1 else min(1.0, max(0.0, (cosine - mu) / (1 - mu)))


def score(hits: Iterable[Hit], *, mu: float, weight: float, tags: Mapping[str, float] | None = None) -> list[Scored]:
    """The hits that are some, with their scores, unordered. `tags` are the question's.

    `weight` of the vector side is clamped to 0..1. A hit without a vector (an engine or question without, a remote
    model that did not answer) is judged by its terms alone.
    """
    weight = clamped(weight)
    scored = []
    for hit in hits:
        vector = calibrated(hit.cosine, mu)
        if hit.term <= 0 and vector < PARAPHRASE:
            continue
        share = 0.0 if hit.cosine is None else weight
        alike = TAGS * likeness(tags, hit.tag_weights) if tags else 0.0
        parts = Parts((1 - share) * hit.term, share * vector, pagerank=hit.pagerank, tags=alike)
        scored.append(Scored(hit, hit.term, vector, parts))
    return scored


def ranked(scored: Iterable[Scored], *, threshold: float = -math.inf, window: int = WIDEST) -> list[Scored]:
    """Those of at least `threshold` similarity, best first, equals by id.

    Hits that only a wider window than `window` has found come after all others, so that pages which need one do not
    move the hits of the pages before them.
    """
    kept = (one for one in scored if one.similarity >= threshold)
    return sorted(kept, key=lambda one: (_widenings(one.hit.place, window), -one.similarity, one.hit.chunk_id))


def likeness(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Cosine of two weightings of tags, -1..1."""
    product = math.fsum(weight * other[tag] for tag, weight in one.items() if tag in other)
    return product / (math.hypot(*one.values()) * math.hypot(*other.values())) if product else 0.0


def clamped(weight: float) -> float:
    """A weight within 0..1."""
    return min(1.0, max(0.0, weight))


def _widenings(place: int, window: int) -> int:
    """How often `window` has to be doubled to hold a place in a list."""
    return max(0, ((place - 1) // window).bit_length())
