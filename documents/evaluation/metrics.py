"""How good a ranking is, given judgements: nDCG@k, recall@k, MRR; no Django here.

As trec_eval has them (Järvelin & Kekäläinen 2002 with linear gain for nDCG), so that figures compare with those of
other programs: `ndcg_cut`, `recall`, `recip_rank`.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

Ranking = Sequence[str]
"""What was found, best first, without repeats."""
Judged = Mapping[str, int]
"""Grades of what was judged; 0 or less: not relevant."""

DEEPEST = 1000
DEFAULT = ("ndcg@10", "recall@10", "recall@100", "mrr")


@dataclass(frozen=True, slots=True)
class Metric:
    """A measure of one ranking, 0..1; `name` is what people ask for it by, such as `ndcg@10`."""

    name: str
    depth: int | None
    """How many of the first it looks at; None: all that there are."""
    of: Callable[[Ranking, Judged], float]


def ndcg(ranking: Ranking, judged: Judged, depth: int) -> float:
    """Normalised discounted cumulative gain of the first `depth`; 0 where nothing is relevant."""
    ideal = sorted((grade for grade in judged.values() if grade > 0), reverse=True)[:depth]
    if not ideal:
        return 0.0
    return _gain([max(0, judged.get(one, 0)) for one in ranking[:depth]]) / _gain(ideal)


def recall(ranking: Ranking, judged: Judged, depth: int) -> float:
    """Part of the relevant that is among the first `depth`; 0 where nothing is relevant."""
    relevant = {one for one, grade in judged.items() if grade > 0}
    return len(relevant.intersection(ranking[:depth])) / len(relevant) if relevant else 0.0


def reciprocal_rank(ranking: Ranking, judged: Judged, depth: int | None = None) -> float:
    """One over the place of the first relevant among the first `depth`, 0 where there is none."""
    place = first_relevant(ranking[:depth], judged)
    return 1 / place if place else 0.0


def first_relevant(ranking: Ranking, judged: Judged) -> int | None:
    """The place of the first relevant, from 1."""
    return next((place for place, one in enumerate(ranking, 1) if judged.get(one, 0) > 0), None)


def parse(name: str) -> Metric:
    """The metric called `ndcg@K`, `recall@K`, `mrr` or `mrr@K`; raises ValueError for another name."""
    asked = _NAME.fullmatch(name.strip().lower())
    depth = int(asked["depth"]) if asked and asked["depth"] else None
    kind = asked["kind"] if asked else ""
    if kind == "mrr" and depth is None:
        return Metric("mrr", None, reciprocal_rank)
    if kind and depth is not None and 0 < depth <= DEEPEST:
        measure, k = _AT[kind], depth
        return Metric(f"{kind}@{k}", k, lambda ranking, judged: measure(ranking, judged, k))
    known = f"ndcg@K, recall@K, mrr and mrr@K, K from 1 to {DEEPEST}"
    raise ValueError(f"There is no metric {name[:64]!r}: there are {known}.")


def mean(values: Sequence[float]) -> float:
    """The mean over questions; 0 for none."""
    return fmean(values) if values else 0.0


_NAME = re.compile(r"(?P<kind>ndcg|recall|mrr)(?:@(?P<depth>[0-9]{1,4}))?")
_AT: Mapping[str, Callable[[Ranking, Judged, int], float]] = {"ndcg": ndcg, "recall": recall, "mrr": reciprocal_rank}


def _gain(grades: Sequence[int]) -> float:
    return sum(grade / math.log2(place + 1) for place, grade in enumerate(grades, 1))
