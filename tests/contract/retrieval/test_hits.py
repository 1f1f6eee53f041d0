"""What a search finds and answers (contract B.3, F)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from documents import changes, removal
from documents.changes import Change
from tests.factories import KnowledgebaseFactory

HIT = {
    *("id", "content", "content_ltks", "document_id", "document_keyword", "dataset_id", "important_keywords"),
    *("image_id", "similarity", "vector_similarity", "term_similarity", "positions", "doc_type_kwd", "highlight"),
}


pytestmark = pytest.mark.django_db


def test_a_question_answers_hits_with_their_scores(ask, kb, five):
    answer = ask(dataset_ids=[kb.pk], question="chunk")

    data = answer.json()["data"]
    assert (answer.status_code, set(answer.json()), set(data)) == (
        200,
        {"code", "data"},
        {"total", "chunks", "doc_aggs"},
    )
    assert (data["total"], len(data["chunks"])) == (4, 4)
    assert data["doc_aggs"] == [{"doc_name": five.name, "doc_id": five.pk, "count": 4}]
    hit = data["chunks"][0]
    assert set(hit) == HIT
    assert (hit["document_id"], hit["document_keyword"], hit["dataset_id"]) == (five.pk, five.name, kb.pk)
    assert hit["content_ltks"].startswith("chunk test")
    expected = 0.7 * hit["term_similarity"] + 0.3 * hit["vector_similarity"]
    assert hit["similarity"] == pytest.approx(expected)
    assert "<em>chunk</em>" in hit["highlight"]


def test_an_empty_question_has_no_answer(ask, kb, five):
    answer = ask(dataset_ids=[kb.pk], question=" ")

    assert answer.json() == {"code": 0, "data": {"total": 0, "chunks": [], "doc_aggs": {}}}


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ({"page": 1, "page_size": 2}, 2),
        ({"page": 2, "page_size": 2}, 2),
        ({"page": 3, "page_size": 2}, 0),
        ({"page": "1", "page_size": "2"}, 2),
        ({"page": 0, "page_size": 3}, 3),
        ({"page": 2, "page_size": 3}, 1),
        ({"page": None, "page_size": None}, 4),
        ({"page_size": 0}, 0),
        ({"page": 10**14}, 0),
        ({"vector_similarity_weight": 0}, 4),
        ({"vector_similarity_weight": 0.5}, 4),
        ({"vector_similarity_weight": 10}, 4),
        ({"vector_similarity_weight": 0, "top_k": 1}, 4),
        ({"vector_similarity_weight": 10, "similarity_threshold": 0}, 4),
        ({"top_k": 1}, 4),
        ({"similarity_threshold": 0}, 4),
        ({"similarity_threshold": 1.5}, 0),
    ],
)
def test_hits_are_counted_and_paged(hits, five, body, count):
    assert len(hits(**body)) == count


def test_total_counts_all_pages(ask, kb, five):
    data = ask(dataset_ids=[kb.pk], question="chunk", page=2, page_size=3).json()["data"]

    assert (data["total"], len(data["chunks"]), data["doc_aggs"][0]["count"]) == (4, 1, 4)


@pytest.mark.parametrize(
    ("value", "marked"),
    [(True, True), ("True", True), (None, True), ("False", False), ("false", False), (False, False)],
)
def test_highlights_are_on_unless_switched_off(ask, kb, five, value, marked):
    chunks = ask(dataset_ids=[kb.pk], question="chunk", highlight=value).json()["data"]["chunks"]

    assert all(("highlight" in hit) == marked for hit in chunks)


def test_every_hit_has_a_highlight_that_is_safe_to_show(ask, kb, upload, publish):
    publish(upload(), "Otters <script>alert(1)</script> swim.")

    hit = ask(dataset_ids=[kb.pk], question="otter swims").json()["data"]["chunks"][0]

    assert hit["content"] == "Otters <script>alert(1)</script> swim."
    assert "<script>" not in hit["highlight"]
    assert "<em>Otters</em>" in hit["highlight"]


def test_several_datasets_are_searched_together(ask, kb, owner, upload, publish):
    other = KnowledgebaseFactory(owner=owner)
    publish(upload("a.txt"), "Otters hold hands.")
    publish(upload("b.txt", to=other), "Otters sleep.")

    data = ask(dataset_ids=[kb.pk, other.pk, kb.pk], question="otters").json()["data"]

    assert {hit["dataset_id"] for hit in data["chunks"]} == {kb.pk, other.pk}
    assert data["total"] == 2


def test_documents_restrict_the_search(hits, upload, publish):
    publish(upload("a.txt"), "Otters hold hands.")
    second = publish(upload("b.txt"), "Otters sleep.")

    assert hits("otters", document_ids=[second.pk]) == ["Otters sleep."]


def test_what_is_switched_off_or_deleted_is_not_found(hits, five, api):
    path = f"/api/v1/datasets/{five.kb_id}/documents/{five.pk}"
    chunks = api.get(f"{path}/chunks", {"keywords": "1"}).json()["data"]["chunks"]
    api.put(f"{path}/chunks/{chunks[0]['id']}", {"available": 0}, format="json")
    switched = hits()
    changes.change(five, Change(enabled=False))
    disabled = hits()
    changes.change(five, Change(enabled=True))
    enabled = hits()
    removal.remove([five.pk])

    assert (len(switched), len(disabled), len(enabled), len(hits())) == (3, 0, 3, 0)


def test_a_search_costs_the_same_for_one_hit_and_many(ask, kb, upload, publish):
    publish(upload("a.txt"), "Otters hold hands.")
    ask(dataset_ids=[kb.pk], question="otters")
    with CaptureQueriesContext(connection) as few:
        ask(dataset_ids=[kb.pk], question="otters")
    publish(upload("b.txt"), *[f"Otters, paragraph {number}." for number in range(20)])

    with CaptureQueriesContext(connection) as many:
        ask(dataset_ids=[kb.pk], question="otters")

    assert len(many) == len(few)


@pytest.mark.parametrize("weight", [0, 0.3, 0.5, 1, 10, -1])
def test_similarity_is_the_weighted_mean_and_decides_the_order(ask, kb, five, weight):
    chunks = ask(dataset_ids=[kb.pk], question="chunk 2", vector_similarity_weight=weight).json()["data"]["chunks"]

    clamped = min(1, max(0, weight))
    for hit in chunks:
        mean = (1 - clamped) * hit["term_similarity"] + clamped * hit["vector_similarity"]
        assert hit["similarity"] == pytest.approx(mean)
    similarities = [hit["similarity"] for hit in chunks]
    assert similarities == sorted(similarities, reverse=True)
    assert chunks[0]["content"] == "chunk test 2"


def test_hits_are_at_least_at_the_threshold(ask, kb, five):
    every = ask(dataset_ids=[kb.pk], question="chunk 2", similarity_threshold=0).json()["data"]
    middle = every["chunks"][1]["similarity"]

    data = ask(dataset_ids=[kb.pk], question="chunk 2", similarity_threshold=middle).json()["data"]

    expected = [hit["id"] for hit in every["chunks"] if hit["similarity"] >= middle]
    assert [hit["id"] for hit in data["chunks"]] == expected
    assert data["total"] == len(expected) == sum(one["count"] for one in data["doc_aggs"])


def test_what_shares_nothing_with_the_question_is_no_hit_at_any_threshold(ask, kb, five):
    data = ask(
        dataset_ids=[kb.pk], question="quantum chromodynamics", similarity_threshold=0, vector_similarity_weight=1
    )

    assert data.json()["data"] == {"total": 0, "chunks": [], "doc_aggs": []}


def test_the_name_of_a_file_finds_its_parsed_chunks(hits, five):
    assert hits("ragflow", similarity_threshold=0) == ["This is the content of a test TXT file."]


def test_documents_with_most_hits_come_first(ask, kb, upload, publish):
    few = publish(upload("few.txt"), "Otters hold hands.")
    many = publish(upload("many.txt"), "Otters sleep.", "Otters swim.", "Otters eat.")

    data = ask(dataset_ids=[kb.pk], question="otters", page_size=1).json()["data"]

    assert data["doc_aggs"] == [
        {"doc_name": "many.txt", "doc_id": many.pk, "count": 3},
        {"doc_name": "few.txt", "doc_id": few.pk, "count": 1},
    ]


@pytest.mark.parametrize(("pagerank", "more"), [(0, 0), (1, 1), (100, 100)])
def test_the_pagerank_of_a_dataset_is_added(api, ask, kb, five, pagerank, more):
    api.put(f"/api/v1/datasets/{kb.pk}", {"pagerank": 50}, format="json")
    api.put(f"/api/v1/datasets/{kb.pk}", {"pagerank": pagerank}, format="json")

    for hit in ask(dataset_ids=[kb.pk], question="chunk").json()["data"]["chunks"]:
        mean = 0.7 * hit["term_similarity"] + 0.3 * hit["vector_similarity"]
        assert hit["similarity"] == pytest.approx(mean + more)


def test_datasets_of_a_higher_pagerank_come_first(ask, kb, owner, upload, publish):
    first = KnowledgebaseFactory(owner=owner, pagerank=3)
    publish(upload("a.txt"), "Otters hold hands.")
    publish(upload("b.txt", to=first), "About otters, and a lot about everything else.")

    chunks = ask(dataset_ids=[kb.pk, first.pk], question="otters").json()["data"]["chunks"]

    assert [hit["dataset_id"] for hit in chunks] == [first.pk, kb.pk]


def test_a_hit_without_a_match_in_its_text_shows_the_text(ask, kb, five):
    hit = ask(dataset_ids=[kb.pk], question="ragflow").json()["data"]["chunks"][0]

    assert hit["highlight"] == hit["content"]


def test_sentences_without_a_match_are_left_out_of_the_highlight(ask, kb, upload, publish):
    publish(upload(), "Otters hold hands. Beavers build dams. Otters sleep.")

    hit = ask(dataset_ids=[kb.pk], question="otters").json()["data"]["chunks"][0]

    assert hit["highlight"] == "<em>Otters</em> hold hands....<em>Otters</em> sleep."


def test_a_parsed_chunk_brings_its_positions_and_kind(ask, kb, upload, publish):
    publish(upload(), "Otters hold hands.", positions=[[1, 10, 20, 30, 40]])

    hit = ask(dataset_ids=[kb.pk], question="otters").json()["data"]["chunks"][0]

    assert (hit["positions"], hit["doc_type_kwd"], hit["image_id"]) == ([[1, 10, 20, 30, 40]], "text", "")
    assert (hit["important_keywords"], hit["content_ltks"].split()) == ([], ["otter", "hold", "hand"])
