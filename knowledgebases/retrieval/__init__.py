"""Retrieval: the passages of some datasets that answer a question."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from knowledgebases.embedders.base import Embedder, Vectors
from knowledgebases.embedding import embedder_for
from knowledgebases.engines.base import Engine
from knowledgebases.engines.pgvector import PgvectorEngine
from knowledgebases.models import EmbeddingSpace, Knowledgebase
from knowledgebases.retrieval import query as queries
from knowledgebases.retrieval.fusion import Scored, fuse
from knowledgebases.retrieval.highlight import highlight as marked
from knowledgebases.retrieval.highlight import plain
from knowledgebases.retrieval.listing import search_text
from system.errors import Unavailable

__all__ = ["Answer", "DocumentCount", "Options", "Scored", "retrieve", "search_text"]


@dataclass(frozen=True, slots=True)
class Options:
    """How to search; the defaults are the contract's."""

    document_ids: Sequence[str] | None = None
    """Search only these documents; None or empty: all of the datasets."""
    page: int = 1
    page_size: int = 30
    threshold: float = 0.2
    """Least similarity of a hit."""
    weight: float = 0.3
    """Of vector similarity against term similarity, clamped to 0..1."""
    top_k: int = 1024
    """At most so many dense candidates, 1 or more (never more than the window of `engines.base`)."""
    highlight: bool = False


@dataclass(frozen=True, slots=True)
class DocumentCount:
    """How many hits a document has."""

    document_id: str
    document_name: str
    count: int


@dataclass(frozen=True, slots=True)
class Answer:
    """A page of hits, best first."""

    hits: Sequence[Scored] = ()
    total: int = 0
    """Hits above the threshold on all pages, among the candidates: the best 128 by words and the best 128 by
    vector, or as many (doubled up to 1,024) as the page asked for needs."""
    documents: Sequence[DocumentCount] = ()
    """Of all pages, most hits first."""
    exact: bool = True
    """False: a very large dataset was searched in fast mode, which may miss a few passages with frequent words only."""
    degraded: str = ""
    """Why the answer is less than asked for (the embedding model did not answer); empty for a full answer."""


def retrieve(
    kbs: Sequence[Knowledgebase],
    question: str,
    options: Options = Options(),
    *,
    embedder: Embedder | None = None,
    engine: Engine | None = None,
) -> Answer:
    """Search `kbs` (which the caller may read) for `question`, by default with their own model and pgvector.

    A model that does not answer leaves the lexical half, and `degraded` says so. Raises DataError where the datasets
    are of different models, Misconfigured where the model is not the one they were embedded with.
    """
    space = queries.common_space(kbs)
    if not question.strip() or not kbs:
        return Answer()
    vector, degraded = _embedded(question, embedder or (embedder_for(kbs[0]) if space else None), space)
    query = queries.build(
        kbs,
        question,
        vector=vector,
        space=space,
        document_ids=options.document_ids or None,
        top_k=options.top_k,
        depth=options.page * options.page_size,
    )
    found = (engine or PgvectorEngine()).search(query)
    ranked = fuse(found.hits, mu=space.floor if space else 0.0, weight=options.weight, threshold=options.threshold)
    start = max(0, options.page - 1) * options.page_size
    page = ranked[start : start + options.page_size]
    if options.highlight:
        languages = {kb.pk: kb.language for kb in kbs}
        page = [_highlighted(scored, query.terms[scored.hit.kb_id], languages[scored.hit.kb_id]) for scored in page]
    return Answer(
        hits=page,
        total=len(ranked),
        documents=_document_counts(ranked),
        exact=found.exact,
        degraded=degraded,
    )


def _embedded(question: str, embedder: Embedder | None, space: EmbeddingSpace | None) -> tuple[Vectors | None, str]:
    """The question's vector, or None and why there is none."""
    if embedder is None or space is None:
        return None, ""
    try:
        return queries.embed(question, embedder, space), ""
    except Unavailable as error:
        return None, f"Searched by words only: {error.message}"


def _highlighted(scored: Scored, terms: Sequence[str], language: str) -> Scored:
    content = scored.hit.content
    return replace(scored, highlight=marked(content, terms, language) or plain(content))


def _document_counts(ranked: Sequence[Scored]) -> list[DocumentCount]:
    names = {scored.hit.document_id: scored.hit.document_name for scored in ranked}
    counted = Counter(scored.hit.document_id for scored in ranked)
    return [DocumentCount(pk, names[pk], n) for pk, n in sorted(counted.items(), key=lambda kv: (-kv[1], kv[0]))]
