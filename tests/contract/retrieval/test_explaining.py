"""Why a hit is one, and how long it took: what an answer tells when asked, beyond the contract."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from knowledgebases.models import Knowledgebase

pytestmark = pytest.mark.django_db
STAGES = ["embedding", "search", "fusion", "highlight", "total"]


@pytest.mark.parametrize("weight", [0, 0.3, 1, 10])
def test_the_parts_of_each_similarity_add_up(ask, kb, five, weight):
    Knowledgebase.objects.filter(pk=kb.pk).update(pagerank=2)

    data = ask(dataset_ids=[kb.pk], question="chunk 2", vector_similarity_weight=weight, explain=True).json()["data"]

    assert data["total"] == 4
    for hit in data["chunks"]:
        assert set(hit["explain"]) == {"term", "vector", "rerank", "pagerank", "tags"}
        assert sum(hit["explain"].values()) == pytest.approx(hit["similarity"])
        assert hit["explain"]["pagerank"] == 2
        share = min(1, weight)
        assert hit["explain"]["vector"] == pytest.approx(share * hit["vector_similarity"])
        assert hit["explain"]["term"] == pytest.approx((1 - share) * hit["term_similarity"])


def test_an_answer_tells_what_it_rests_on(ask, kb, five):
    data = ask(dataset_ids=[kb.pk], question="chunk", explain=True, similarity_threshold=0.1).json()["data"]

    assert data["explain"] == {
        "vector_similarity_weight": 0.3,
        "similarity_threshold": 0.1,
        "candidates": 5,
        "lexical_exact": True,
        "dense_exact": True,
        "documents": None,
        "reranked": 0,
    }


@pytest.mark.parametrize(("operator", "documents"), [("empty", 1), ("not empty", 0)])
def test_an_answer_tells_how_many_documents_a_condition_left(ask, kb, five, operator, documents):
    wanted = {"conditions": [{"name": "year", "comparison_operator": operator}]}

    data = ask(dataset_ids=[kb.pk], question="chunk", explain=True, metadata_condition=wanted).json()["data"]

    assert (data["explain"]["documents"], data["total"]) == (documents, 4)


def test_an_answer_tells_the_time_of_each_stage(ask, kb, five):
    data = ask(dataset_ids=[kb.pk], question="chunk", timings=True).json()["data"]

    assert list(data["timings"]) == STAGES
    assert all(0 <= data["timings"][stage] <= data["timings"]["total"] for stage in STAGES)
    assert "explain" not in data
    assert not any("explain" in hit for hit in data["chunks"])


@pytest.mark.parametrize("value", [False, None, "", "false", 0, [], {}], ids=str)
def test_nothing_is_told_unasked(ask, kb, five, value):
    data = ask(dataset_ids=[kb.pk], question="chunk", explain=value, timings=value).json()["data"]

    assert set(data) == {"total", "chunks", "doc_aggs"}


def test_explaining_costs_no_statement(ask, kb, five):
    ask(dataset_ids=[kb.pk], question="chunk")
    with CaptureQueriesContext(connection) as plain:
        ask(dataset_ids=[kb.pk], question="chunk")

    with CaptureQueriesContext(connection) as explained:
        ask(dataset_ids=[kb.pk], question="chunk", explain=True, timings=True)

    assert len(explained) == len(plain)


def test_a_condition_costs_no_statement(ask, kb, five):
    ask(dataset_ids=[kb.pk], question="chunk")
    with CaptureQueriesContext(connection) as plain:
        ask(dataset_ids=[kb.pk], question="chunk")

    with CaptureQueriesContext(connection) as narrowed:
        wanted = {"conditions": [{"name": "year", "comparison_operator": "empty"}]}
        ask(dataset_ids=[kb.pk], question="chunk", metadata_condition=wanted)

    assert len(narrowed) == len(plain)
