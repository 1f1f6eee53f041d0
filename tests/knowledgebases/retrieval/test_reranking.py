"""A second judgement of the best candidates."""

import pytest

from knowledgebases.retrieval import Options, retrieve
from knowledgebases.retrieval.rerank import CANDIDATES
from system.errors import Misconfigured, Unavailable


class Judge:
    """Scores passages by what is written down for a word of theirs; the others 0."""

    model_id = "judge@Lab"

    def __init__(self, fault=None, **scores):
        self.fault = fault
        self.given = scores
        self.asked = []

    def scores(self, question, passages):
        self.asked.append((question, list(passages)))
        if self.fault:
            raise self.fault
        return [max((s for word, s in self.given.items() if word in passage), default=0.0) for passage in passages]


@pytest.fixture
def search(kb, fresh, compass):
    def search(question, judge, **options):
        return retrieve([fresh(kb)], question, Options(reranker=judge, **options), embedder=compass)

    return search


def contents(answer):
    return [scored.hit.content for scored in answer.hits]


def test_the_models_score_takes_the_place_of_the_vectors(document, add, search):
    add(document, "east wind", "north wind")

    answer = search("east wind", Judge(north=1.0), threshold=0, weight=0.9)

    assert contents(answer) == ["north wind", "east wind"]
    first, second = answer.hits
    assert (first.vector_similarity, second.vector_similarity) == (1.0, 0.0)
    assert first.similarity == pytest.approx(0.1 * first.term_similarity + 0.9)
    assert (first.parts.rerank, first.parts.vector) == (pytest.approx(0.9), 0.0)
    assert answer.basis.reranked == 2


def test_the_threshold_holds_for_what_the_model_says(document, add, search):
    add(document, "east wind", "north wind")

    answer = search("wind", Judge(north=0.8), threshold=0.5, weight=1)

    assert contents(answer) == ["north wind"]
    assert answer.total == answer.documents[0].count == 1


def test_the_best_candidates_are_judged_whatever_the_page(document, add, search):
    add(document, *(f"wind {number}" for number in range(CANDIDATES + 20)))
    judge = Judge(wind=0.5)

    pages = [search("wind", judge, threshold=0, page=page, page_size=20) for page in (1, 2, 3)]

    assert [len(page.hits) for page in pages] == [20, CANDIDATES - 20, 0]
    assert {page.total for page in pages} == {CANDIDATES}
    assert judge.asked[0] == judge.asked[1] == judge.asked[2]
    assert len({text for page in pages for text in contents(page)}) == CANDIDATES


@pytest.mark.parametrize("fault", [Unavailable("it hangs"), Misconfigured("it lies")], ids=["hangs", "lies"])
def test_without_the_model_the_fused_order_stays_and_the_answer_says_so(document, add, search, fault):
    add(document, "east wind", "north wind")
    plain = search("east wind", None)

    answer = search("east wind", Judge(fault))

    assert [(one.hit.chunk_id, one.similarity) for one in answer.hits] == [
        (one.hit.chunk_id, one.similarity) for one in plain.hits
    ]
    assert answer.degraded == f"Not reranked: {fault.message}"
    assert answer.basis.reranked == 0


def test_without_candidates_the_model_is_not_asked(document, add, search):
    add(document, "east wind")
    judge = Judge()

    answer = search("xylophone", judge)

    assert (answer.total, answer.degraded, judge.asked) == (0, "", [])


def test_each_stage_has_its_time(document, add, search):
    add(document, "east wind")

    timings = search("wind", Judge(), highlight=True, threshold=0).timings

    assert list(timings) == ["embedding", "search", "fusion", "rerank", "highlight", "total"]
    assert timings["total"] == pytest.approx(sum(timings.values()) - timings["total"], abs=5)
    assert min(timings.values()) >= 0
