"""A second judgement of the best candidates, by a model that reads question and passage together."""

from collections.abc import Sequence
from dataclasses import replace

from knowledgebases.rerankers.base import Reranker
from knowledgebases.retrieval.fusion import Parts, Scored, clamped
from system.errors import Misconfigured, Unavailable

CANDIDATES = 30
"""How many are judged, whatever the page: what is shown on two pages has to be judged together."""


def reranked(
    best: Sequence[Scored], question: str, reranker: Reranker, *, weight: float
) -> tuple[list[Scored] | None, str]:
    """The first CANDIDATES of `best`, with the model's score in the place of their vector similarity (contract F.3).

    Or None, and why the model could not be asked.
    """
    judged = best[:CANDIDATES]
    try:
        scores = reranker.scores(question, [one.hit.content for one in judged]) if judged else []
    except (Unavailable, Misconfigured) as error:
        return None, f"Not reranked: {error.message}"
    weight = clamped(weight)
    return [
        replace(
            one,
            vector_similarity=score,
            parts=Parts(
                (1 - weight) * one.hit.term,
                rerank=weight * score,
                pagerank=one.parts.pagerank,
                tags=one.parts.tags,
            ),
        )
        for one, score in zip(judged, scores, strict=True)
    ], ""
