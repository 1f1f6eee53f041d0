"""Retrieval: the passages of some datasets that answer a question."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from knowledgebases.conditions import Where
from knowledgebases.embedders.base import Embedder, Vectors
from knowledgebases.embedding import embedder_for
from knowledgebases.engines.base import Engine, Found, Query
from knowledgebases.engines.choice import chosen_engine
from knowledgebases.models import EmbeddingSpace, Knowledgebase
from knowledgebases.rerankers.base import Reranker
from knowledgebases.retrieval import metrics
from knowledgebases.retrieval import query as queries
from knowledgebases.retrieval.fusion import Parts, Scored, clamped, ranked, score
from knowledgebases.retrieval.highlight import highlight as marked
from knowledgebases.retrieval.highlight import plain
from knowledgebases.retrieval.listing import search_text
from knowledgebases.retrieval.rerank import reranked
from knowledgebases.retrieval.tagging import question_tags
from knowledgebases.retrieval.timing import Clock
from system.errors import Unavailable

__all__ = ["Answer", "Basis", "DocumentCount", "Options", "Parts", "Scored", "retrieve", "search_text"]


@dataclass(frozen=True, slots=True)
class Options:
    """How to search; the defaults are the contract's."""

    document_ids: Sequence[str] | None = None
    """Search only these documents; None or empty: all of the datasets."""
    where: Where | None = None
    """Search only documents whose metadata are so."""
    unless_none: bool = False
    """Where no document is as `where` has it, search all of them (contract F.4) instead of none."""
    page: int = 1
    page_size: int = 30
    threshold: float = 0.2
    """Least similarity of a hit."""
    weight: float = 0.3
    """Of vector similarity against term similarity, clamped to 0..1."""
    top_k: int = 1024
    """At most so many dense candidates, 1 or more (never more than the window of `engines.base`)."""
    highlight: bool = False
    reranker: Reranker | None = None
    """Judges the best candidates, which are then the only hits."""
    tag_sets: Sequence[Knowledgebase] = ()
    """Datasets whose passages tell the tags of the question; the caller may read them, too."""


@dataclass(frozen=True, slots=True)
class DocumentCount:
    """How many hits a document has."""

    document_id: str
    document_name: str
    count: int


@dataclass(frozen=True, slots=True)
class Basis:
    """What an answer rests on."""

    weight: float = 0.0
    """Of the vector side, within 0..1."""
    threshold: float = 0.0
    candidates: int = 0
    """Chunks that were scored."""
    exact: bool = True
    """False: a very large dataset was searched in fast mode, which may miss a few passages with frequent words only."""
    near: bool | None = None
    """Whether every vector in scope was compared, or an index asked; None: there was no vector."""
    documents: int | None = None
    """How many documents the search was narrowed to; None: it was not. 0 with `Options.unless_none`: to none at all."""
    reranked: int = 0
    """Candidates that a rerank model has judged."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A page of hits, best first."""

    hits: Sequence[Scored] = ()
    total: int = 0
    """Hits above the threshold on all pages, among the candidates: the best 128 by words and the best 128 by
    vector, or as many (doubled up to 1,024) as the page asked for needs; or among those that were reranked."""
    documents: Sequence[DocumentCount] = ()
    """Of all pages, most hits first."""
    shortfalls: Mapping[str, str] = field(default_factory=dict)
    """Why the answer is less than asked for (a model did not answer), by stage; empty for a full answer."""
    basis: Basis = Basis()
    timings: Mapping[str, float] = field(default_factory=dict)
    """Milliseconds of each stage, and in all."""

    @property
    def degraded(self) -> str:
        """The shortfalls, as one text."""
        return " ".join(self.shortfalls.values())

    @property
    def exact(self) -> bool:
        """Whether the words were searched exhaustively."""
        return self.basis.exact


def retrieve(
    kbs: Sequence[Knowledgebase],
    question: str,
    options: Options = Options(),
    *,
    embedder: Embedder | None = None,
    engine: Engine | None = None,
    counted: bool = True,
) -> Answer:
    """Search `kbs` (which the caller may read) for `question`, by default with their own model and the site's engine.

    A model that does not answer leaves the lexical half, a rerank model that does not the fused order, and `degraded`
    says so. Raises DataError where the datasets are of different models, Misconfigured where the model is not the one
    they were embedded with, Unavailable where the search takes too long. `counted`: among the searches of users, in the
    metrics of the site.
    """
    space = queries.common_space(kbs)
    if not question.strip() or not kbs:
        return Answer()
    engine = engine or chosen_engine()
    clock = Clock()
    try:
        answer = _answer(kbs, question, options, clock, space=space, embedder=embedder, engine=engine)
    except Exception:
        if counted:
            metrics.failed(clock.read())
        raise
    if counted:
        metrics.answered(answer.timings, answer.shortfalls)
    return answer


def _answer(
    kbs: Sequence[Knowledgebase],
    question: str,
    options: Options,
    clock: Clock,
    *,
    space: EmbeddingSpace | None,
    embedder: Embedder | None,
    engine: Engine,
) -> Answer:
    with clock.stage("embedding"):
        vector, silent = _embedded(question, embedder or _embedder_of(kbs), space)
    first, window = queries.windows(options.page, options.page_size)
    query = _query(kbs, question, options, vector=vector, space=space, window=window)
    with clock.stage("search"):
        tags = question_tags(kbs, options.tag_sets, question, engine)
        query, found = _searched(query, kbs, question, engine)
    with clock.stage("fusion"):
        scored = score(found.hits, mu=space.floor if space else 0.0, weight=options.weight, tags=tags)
        best = ranked(scored, window=first)
    judged, refused = None, ""
    if options.reranker:
        with clock.stage("rerank"):
            judged, refused = reranked(best, question, options.reranker, weight=options.weight)
    hits = ranked(best if judged is None else judged, threshold=options.threshold, window=first)
    page = hits[max(0, options.page - 1) * options.page_size :][: options.page_size]
    if options.highlight:
        with clock.stage("highlight"):
            page = _highlighted(page, kbs, query)
    reasons = {"embedding": silent, "search": found.degraded, "rerank": refused}
    return Answer(
        hits=page,
        total=len(hits),
        documents=_document_counts(hits),
        shortfalls={stage: why for stage, why in reasons.items() if why},
        basis=_basis(options, found, dense=vector is not None, reranked=len(judged or ())),
        timings=clock.read(),
    )


def _query(
    kbs: Sequence[Knowledgebase],
    question: str,
    options: Options,
    *,
    vector: Vectors | None,
    space: EmbeddingSpace | None,
    window: int,
) -> Query:
    """The query for an answer; `top_k` limits the dense candidates only, as the contract has it (F.2)."""
    return Query(
        terms=queries.terms_by_dataset(kbs, question),
        languages=_languages(kbs),
        vector=vector,
        space_id=space.pk if space else None,
        document_ids=options.document_ids or None,
        where=options.where,
        unless_none=options.unless_none,
        chunks=sum(kb.chunk_num for kb in kbs),
        lexical=window,
        dense=min(options.top_k, window),
    )


def _searched(query: Query, kbs: Sequence[Knowledgebase], question: str, engine: Engine) -> tuple[Query, Found]:
    """What is found; once more, in other words, where a dataset has just changed over to another language."""
    found = engine.search(query)
    if found.reworded:
        now = dict(Knowledgebase.objects.filter(pk__in=[kb.pk for kb in kbs]).values_list("pk", "language"))
        for kb in kbs:
            kb.language = now.get(kb.pk, kb.language)
        query = replace(query, terms=queries.terms_by_dataset(kbs, question), languages=_languages(kbs))
        found = engine.search(query)
    return query, found


def _languages(kbs: Sequence[Knowledgebase]) -> dict[str, str]:
    return {kb.pk: kb.language for kb in kbs}


def _basis(options: Options, found: Found, *, dense: bool, reranked: int) -> Basis:
    return Basis(
        weight=clamped(options.weight),
        threshold=options.threshold,
        candidates=len(found.hits),
        exact=found.exact,
        near=found.near if dense else None,
        documents=found.documents,
        reranked=reranked,
    )


def _embedder_of(kbs: Sequence[Knowledgebase]) -> Embedder | None:
    """That of the first dataset with vectors; an empty one may have the same model from elsewhere."""
    filled = next((kb for kb in kbs if kb.space_id is not None), None)
    return embedder_for(filled) if filled else None


def _embedded(question: str, embedder: Embedder | None, space: EmbeddingSpace | None) -> tuple[Vectors | None, str]:
    """The question's vector, or None and why there is none."""
    if embedder is None or space is None:
        return None, ""
    try:
        return queries.embed(question, embedder, space), ""
    except Unavailable as error:
        return None, f"Searched by words only: {error.message}"


def _highlighted(page: Sequence[Scored], kbs: Sequence[Knowledgebase], query: Query) -> list[Scored]:
    languages = _languages(kbs)
    return [
        replace(one, highlight=marked(hit.content, query.terms[hit.kb_id], languages[hit.kb_id]) or plain(hit.content))
        for one in page
        for hit in [one.hit]
    ]


def _document_counts(ranked: Sequence[Scored]) -> list[DocumentCount]:
    names = {scored.hit.document_id: scored.hit.document_name for scored in ranked}
    counted = Counter(scored.hit.document_id for scored in ranked)
    return [DocumentCount(pk, names[pk], n) for pk, n in sorted(counted.items(), key=lambda kv: (-kv[1], kv[0]))]
