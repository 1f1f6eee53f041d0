"""Which tags a question is about: those of the passages in tag sets that answer it (contract F.3)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from django.db.models import QuerySet

from knowledgebases.engines.base import Engine, Query
from knowledgebases.models import Knowledgebase
from knowledgebases.retrieval.query import terms_by_dataset

EXAMPLES = 64
"""Passages of the tag sets that are looked at."""
KEPT = 3
"""Tags of a question, where no dataset says otherwise: the contract's `topn_tags`."""
SETS = 16
"""Tag sets of one search, at most."""


def tag_sets(kbs: Sequence[Knowledgebase], reached: QuerySet[Knowledgebase]) -> list[Knowledgebase]:
    """The datasets that tell the tags of questions to `kbs`, as far as the caller may read them."""
    named = [kb.parser_config.get("tag_kb_ids") for kb in kbs]
    ids = {key for keys in named if isinstance(keys, list) for key in keys if isinstance(key, str)}
    return list(reached.filter(pk__in=sorted(ids)[:SETS])) if ids else []


def question_tags(
    kbs: Sequence[Knowledgebase], sets: Sequence[Knowledgebase], question: str, engine: Engine
) -> Mapping[str, float]:
    """The tags of the question with their weights, as many as `kbs` want; by words alone, in a search of its own."""
    if not sets:
        return {}
    found = engine.search(
        Query(terms=terms_by_dataset(sets, question), lexical=EXAMPLES, chunks=sum(kb.chunk_num for kb in sets))
    )
    weights: dict[str, float] = defaultdict(float)
    for hit in found.hits:
        for tag in set(hit.tags):
            weights[tag] += hit.term
    best = sorted(weights.items(), key=lambda entry: (-entry[1], entry[0]))
    return dict(best[: max(map(_kept, kbs), default=KEPT)])


def _kept(kb: Knowledgebase) -> int:
    wanted = kb.parser_config.get("topn_tags")
    return wanted if type(wanted) is int and 1 <= wanted <= 100 else KEPT
