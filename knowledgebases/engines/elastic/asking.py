"""Asks the index for candidates: one request, a list for the words and one for the vector."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from elasticsearch import Elasticsearch
from elasticsearch.dsl import MultiSearch, Q, Search
from elasticsearch.dsl.query import Query as Clause

from knowledgebases.engines.base import Query
from knowledgebases.engines.elastic import mapping
from knowledgebases.engines.elastic.scope import Scope
from knowledgebases.lexical import tokenizer
from system.errors import Unavailable

VALUES = 65_536
"""Of one `terms` clause, Elasticsearch's own limit; there may be several."""

COMPARED = 10_000
"""Chunks in scope up to which every vector is compared; above, the graph of the space is walked. The most candidates
that Elasticsearch lets a search have: where no more chunks pass the filter, it does not walk."""

WALKED = 1_000
"""Candidates of a walk: more find more of the true neighbours, and take longer."""


def candidates(es: Elasticsearch, query: Query, scope: Scope) -> list[str]:
    """Ids of chunks that the index holds: those with the most of the words, and those nearest to the vector.

    Raises Unavailable for an answer that cannot be read, and whatever the client raises.
    """
    searches = list(_searches(query, scope))
    if not searches or not scope.kb_ids or scope.picked == []:
        return []
    asked: MultiSearch = MultiSearch(using=es)
    for search in searches:
        # A part of the index that does not answer is an error: the rest would look like all there is.
        whole = search.source(False).params(allow_partial_search_results=False)
        asked = asked.add(whole.extra(track_total_hits=False))
    try:
        return list({_id(hit): None for response in asked.execute() for hit in response})
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Unavailable("Elasticsearch answers with what is no answer.") from error


def _id(hit: Any) -> str:
    """Of a chunk; raises ValueError for what cannot be one, and the database would not take."""
    found: str = hit.meta.id
    if not (isinstance(found, str) and found.isascii() and found.isalnum()):
        raise ValueError(found)
    return found


def _searches(query: Query, scope: Scope) -> Iterator[Search]:
    where = _where(scope)
    search: Search = Search(index=scope.index)
    if scope.idf:
        words = Q("bool", must=[_words(scope, scope.idf)], filter=[where, *_of_their_own(query, scope)])
        yield search.query(words)[: query.lexical]
    if query.vector is not None and query.space_id is not None:
        number = COMPARED if query.chunks <= COMPARED else max(WALKED, query.dense)
        yield search.knn(
            mapping.vector_field(query.space_id),
            query.dense,
            number,
            query_vector=_numbers(query.vector),
            filter=where,
        )[: query.dense]


def _where(scope: Scope) -> Clause:
    """What may be found: available chunks of the datasets, of no hidden document, that the index knows as they are."""
    wanted = [Q("term", available=True), _any_of("kb", scope.kb_ids)]
    if scope.picked is not None:
        wanted.append(_any_of("document", scope.picked))
    unwanted = [Q("ids", values=list(scope.pending))] if scope.pending else []
    if scope.hidden:
        unwanted.append(_any_of("document", scope.hidden))
    return Q("bool", filter=wanted, must_not=unwanted)


def _any_of(field: str, values: Sequence[str]) -> Clause:
    parts = [Q("terms", **{field: list(values[start : start + VALUES])}) for start in range(0, len(values), VALUES)]
    return parts[0] if len(parts) == 1 else Q("bool", should=parts, minimum_should_match=1)


def _words(scope: Scope, dims: Iterable[int]) -> Clause:
    # Features are named as the database spells the dimensions of a sparse vector, that is from 1.
    weights = {str(dim + 1): scope.idf[dim] for dim in dims}
    return Q("sparse_vector", field=mapping.WORDS, query_vector=weights, prune=False)


def _of_their_own(query: Query, scope: Scope) -> list[Clause]:
    """Where datasets differ in language, and so in the question's terms: each is found by its own only."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for kb_id in scope.kb_ids:
        groups.setdefault(tuple(query.terms[kb_id]), []).append(kb_id)
    if len(groups) == 1:
        return []
    parts = []
    for terms, kb_ids in groups.items():
        dims = dict.fromkeys(dim for term in terms if (dim := tokenizer.dimension(term)) in scope.idf)
        if dims:
            parts.append(Q("bool", filter=[_any_of("kb", kb_ids), _words(scope, dims)]))
    return [Q("bool", should=parts, minimum_should_match=1)]


def _numbers(vector: npt.NDArray[np.float32]) -> list[float]:
    numbers: list[float] = vector.tolist()
    return numbers
