"""One score out of two."""

import math

import pytest

from knowledgebases.engines.base import Hit
from knowledgebases.retrieval.fusion import PARAPHRASE, calibrated, likeness, ranked, score


def fuse(hits, *, threshold, tags=None, **how):
    return ranked(score(hits, tags=tags, **how), threshold=threshold)


def hit(chunk_id="a", *, term=0.5, cosine=0.5, pagerank=0.0, **more):
    return Hit(
        chunk_id=chunk_id,
        document_id="d",
        document_name="d.txt",
        kb_id="k",
        content="",
        keywords=(),
        questions=(),
        positions=(),
        kind="text",
        pagerank=pagerank,
        term=term,
        cosine=cosine,
        **more,
    )


@pytest.mark.parametrize(
    ("cosine", "mu", "expected"),
    [(0.8, 0.8, 0.0), (1.0, 0.8, 1.0), (0.9, 0.8, 0.5), (0.1, 0.8, 0.0), (1.01, 0.0, 1.0), (None, 0.1, 0.0)],
    ids=["unrelated", "equal", "half way", "less than unrelated", "rounding", "no vector"],
)
def test_calibration(cosine, mu, expected):
    assert calibrated(cosine, mu) == pytest.approx(expected)


def test_similarity_is_the_weighted_mean():
    (scored,) = fuse([hit(term=0.6, cosine=0.55)], mu=0.1, weight=0.3, threshold=0)

    assert scored.term_similarity == 0.6
    assert scored.vector_similarity == pytest.approx(0.5)
    assert scored.similarity == pytest.approx(0.3 * 0.5 + 0.7 * 0.6)


@pytest.mark.parametrize(("weight", "expected"), [(-3, 0.6), (0, 0.6), (1, 0.5), (10, 0.5)])
def test_weight_is_clamped(weight, expected):
    (scored,) = fuse([hit(term=0.6, cosine=0.5)], mu=0, weight=weight, threshold=0)

    assert scored.similarity == pytest.approx(expected)


def test_threshold_is_inclusive():
    hits = [hit("a", term=0.5), hit("b", term=0.49)]

    assert [s.hit.chunk_id for s in fuse(hits, mu=0, weight=0, threshold=0.5)] == ["a"]


def test_without_a_term_only_a_near_vector_counts():
    hits = [hit("near", term=0, cosine=PARAPHRASE + 0.01), hit("far", term=0, cosine=PARAPHRASE - 0.01)]

    assert [s.hit.chunk_id for s in fuse(hits, mu=0, weight=1, threshold=0)] == ["near"]


def test_without_a_vector_the_terms_decide_alone():
    (scored,) = fuse([hit(term=0.4, cosine=None)], mu=0.1, weight=0.9, threshold=0.3)

    assert (scored.similarity, scored.vector_similarity) == (0.4, 0.0)


def test_page_rank_is_added():
    hits = [hit("plain", term=0.9), hit("ranked", term=0.1, pagerank=1.0)]

    assert [s.hit.chunk_id for s in fuse(hits, mu=0, weight=0, threshold=0)] == ["ranked", "plain"]


def test_equals_are_ordered_by_id():
    hits = [hit("b"), hit("c"), hit("a")]

    assert [s.hit.chunk_id for s in fuse(hits, mu=0, weight=0.3, threshold=0)] == ["a", "b", "c"]


@pytest.mark.parametrize("weight", [0, 0.3, 1, 7])
@pytest.mark.parametrize("cosine", [None, 0.5, 0.9])
def test_the_parts_add_up_to_the_similarity(weight, cosine):
    hits = [hit(term=0.61, cosine=cosine, pagerank=3, tag_weights={"sea": 2})]

    (scored,) = fuse(hits, mu=0.1, weight=weight, threshold=0, tags={"sea": 1, "river": 1})

    parts = scored.parts
    assert parts.term + parts.vector + parts.pagerank + parts.tags == pytest.approx(scored.similarity)
    assert (parts.pagerank, parts.rerank) == (3, 0)
    assert parts.tags == pytest.approx(10 / math.sqrt(2))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({"a": 1}, {"a": 5}, 1),
        ({"a": 1}, {"b": 1}, 0),
        ({"a": 1, "b": 1}, {"a": 1}, 1 / math.sqrt(2)),
        ({"a": 1}, {"a": -2}, -1),
        ({"a": 1}, {}, 0),
        ({"a": 0}, {"a": 0}, 0),
        ({"a": 1e-300}, {"a": 1e-300}, 0),
    ],
    ids=["equal", "foreign", "half", "opposed", "none", "zero", "underflow"],
)
def test_the_likeness_of_tags_is_their_cosine(one, other, expected):
    assert likeness(one, other) == pytest.approx(expected)


def test_what_a_wider_window_adds_comes_after_what_was_there():
    hits = [hit("late", term=0.9, place=129), hit("later", term=1.0, place=300), hit("first", term=0.4, place=128)]

    order = [one.hit.chunk_id for one in ranked(score(hits, mu=0, weight=0), window=128)]

    assert order == ["first", "late", "later"]
