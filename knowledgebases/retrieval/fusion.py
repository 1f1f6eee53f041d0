"""One score out of two (design: retrieval.md §4). Absolute: nothing is normalised over the hits of a question."""

from collections.abc import Iterable
from dataclasses import dataclass

from knowledgebases.engines.base import Hit

PARAPHRASE = 0.3
"""Vector similarity that a chunk without any term of the question needs to be a hit.

Calibrated, so that one number serves every model. MiniLM: the best of 1,300 to 5,200 unrelated passages lies at .14 to
.36 (median over the questions of another collection), three of four relevant passages lie above .4.
"""


@dataclass(frozen=True, slots=True)
class Scored:
    """A hit with the three similarities that callers see."""

    hit: Hit
    term_similarity: float
    """Share of the question's idf that the chunk's terms earn, 0..1."""
    vector_similarity: float
    """Cosine with unrelated pairs at 0 and equal ones at 1; 0 where there is no vector."""
    similarity: float
    """Their weighted mean, plus the page rank of the dataset (0..100, as the contract has it)."""
    highlight: str | None = None


def calibrated(cosine: float | None, mu: float) -> float:
    """Cosine on a scale where `mu`, the mean of unrelated pairs of the model, is 0."""
    return 0.0 if cosine is None or mu >= 1 else min(1.0, max(0.0, (cosine - mu) / (1 - mu)))


def fuse(hits: Iterable[Hit], *, mu: float, weight: float, threshold: float) -> list[Scored]:
    """Hits of at least `threshold` similarity, best first, equals by id.

    `weight` of the vector side is clamped to 0..1. A hit without a vector (an engine or question without, a remote
    model that did not answer) is judged by its terms alone.
    """
    weight = min(1.0, max(0.0, weight))
    scored = []
    for hit in hits:
        vector = calibrated(hit.cosine, mu)
        if hit.term <= 0 and vector < PARAPHRASE:
            continue
        mixed = hit.term if hit.cosine is None else weight * vector + (1 - weight) * hit.term
        scored.append(Scored(hit, hit.term, vector, mixed + hit.pagerank))
    return sorted((s for s in scored if s.similarity >= threshold), key=lambda s: (-s.similarity, s.hit.chunk_id))
