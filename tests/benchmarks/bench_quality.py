"""How good retrieval is: nDCG@10 on the development collections, through the database; and what indexing costs.

Words alone stand beside bm25s (its Lucene method) with the same terms and weights, the earlier of equals first and the
later (a collection may have texts twice, and only one of them judged); the hybrids beside their better
half. Indexing is the time to make chunks searchable, over that to embed them, one process each.
"""

import logging
from collections.abc import Sequence

import bm25s
import numpy as np

from documents.evaluation.metrics import mean, ndcg
from knowledgebases.lexical import rows, weighing
from knowledgebases.retrieval.query import terms_of
from tests.benchmarks.judged import Collection, Kind, ingest, kinds, load, place_id, quality
from tests.benchmarks.markdown import markdown
from tests.benchmarks.scratch import database

HYBRIDS = (0.3, 0.5)  # the weight that the contract has as its default, and an even one
DEPTH = 10
ASKED = 1_000  # questions of a collection, at most


def main(*names: str) -> None:
    """Measure and print; collections by name, or all."""
    columns = ("collection", "words", "bm25s", "bm25s, later", "vectors", *(f"w {weight}" for weight in HYBRIDS))
    table = markdown("nDCG@10, and the cost of indexing", *columns, "target", "hybrid - half", "indexing / embedding")
    logging.getLogger("bm25s").setLevel(logging.WARNING)
    with database():
        for kind in kinds(names):
            table.row(*_row(kind))


def _row(kind: Kind) -> Sequence[str]:
    collection = load(kind, most=ASKED)
    made = ingest(collection)
    words, vectors = (quality(collection, made.kb, weight) for weight in (0.0, 1.0))
    hybrids = [quality(collection, made.kb, weight) for weight in HYBRIDS]
    figures = [f"{figure:.4f}" for figure in (words, *_bm25s(collection), vectors, *hybrids)]
    margin = min(hybrids) - max(words, vectors)
    target = "" if kind.target is None else f"{kind.target:.3f}"
    return kind.name, *figures, target, f"{margin:+.4f}", f"{made.indexing / made.embedding:.1%}"


def _bm25s(collection: Collection) -> Sequence[float]:
    """What bm25s makes of the terms that our index has, each as often as it weighs; with either order of equals."""
    language = collection.kind.language
    texts = [rows.Text(document["text"], document.get("title", "")) for document in collection.documents]
    corpus = [
        [term for term, weight in text.weigh(language).frequencies.items() for _ in range(round(weight))]
        for text in texts
    ]
    model = bm25s.BM25(method="lucene", k1=weighing.K1, b=weighing.B)
    model.index(corpus, show_progress=False)
    earlier, later = [], []
    for question, judged in zip(collection.questions, collection.judged, strict=True):
        known = [term for term in terms_of(question["text"], language) if term in model.vocab_dict]
        points = model.get_scores(known) if known else np.zeros(len(corpus))
        orders = np.argsort(-points, kind="stable"), len(corpus) - 1 - np.argsort(-points[::-1], kind="stable")
        for order, scores in zip(orders, (earlier, later), strict=True):
            best = [place_id(int(place)) for place in order[:DEPTH] if points[place] > 0]
            scores.append(ndcg(best, judged, DEPTH))
    return mean(earlier), mean(later)
