"""What searches are asked that is no question, or too much of one: an answer or a clear refusal, never a crash."""

import json
import time

import pytest

from tests.contract.answers import UNKNOWN
from tests.factories import KnowledgebaseFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("question", ["", " \t\n", "\u3000", "\u00a0"], ids=ascii)
def test_an_empty_question_has_no_answer(ask, kb, five, question):
    assert ask(dataset_ids=[kb.pk], question=question).json()["data"] == {"total": 0, "chunks": [], "doc_aggs": {}}


@pytest.mark.parametrize(
    "question",
    [
        "the",
        "what is it",
        "and or not",
        "\x07\x1b[31m\x7f",
        "\u200b\u202e\ufeff",
        "!?.,;",
        "\U0001f9a6",
        "\ufffe",
        "' OR --",
    ],
    ids=ascii,
)
@pytest.mark.parametrize("threshold", [0, 0.2])
def test_a_question_without_a_word_finds_nothing_by_words(ask, kb, five, question, threshold):
    answer = ask(dataset_ids=[kb.pk], question=question, similarity_threshold=threshold, explain=True)

    assert (answer.status_code, answer.json()["code"]) == (200, 0)
    assert all(hit["term_similarity"] == 0 for hit in answer.json()["data"]["chunks"])


@pytest.mark.parametrize("question", ["\x00", "a\x00b", "\ud800"], ids=ascii)
def test_what_no_column_can_hold_is_refused(api, kb, question):
    body = json.dumps({"dataset_ids": [kb.pk], "question": question})

    answer = api.post("/api/v1/retrieval", body, content_type="application/json")

    assert (answer.status_code, answer.json()["code"]) == (400, 101)


def test_100_kilobytes_are_no_question(ask, kb, five):
    answer = ask(dataset_ids=[kb.pk], question="otters " * 15_000)

    assert answer.status_code == 413
    assert "10,000 characters" in answer.json()["message"]


def test_the_longest_question_is_answered_in_time(ask, kb, five):
    begun = time.monotonic()

    data = ask(dataset_ids=[kb.pk], question=" ".join(f"w{n}" for n in range(1800)) + " chunk").json()["data"]

    assert data["total"] >= 0
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize("ids", [[UNKNOWN] * 10_000, [f"{n:032x}" for n in range(10_000)]], ids=["one", "many"])
def test_10000_datasets_that_are_not_there_are_told(ask, kb, ids):
    answer = ask(dataset_ids=[kb.pk, *ids[1:]], question="chunk")

    assert (answer.status_code, answer.json()["code"]) == (404, 102)


def test_1000_datasets_are_searched_with_the_longest_question(ask, kb, five, owner):
    others = KnowledgebaseFactory.build_batch(1000, owner=owner, tenant=owner.tenant, created_by=owner)
    type(kb).objects.bulk_create(others)
    question = "chunk " + " ".join(f"w{n}" for n in range(1500))

    data = ask(dataset_ids=[kb.pk, *(other.pk for other in others)], question=question, similarity_threshold=0).json()

    assert data["data"]["total"] >= 4


def test_10000_documents_that_are_not_there_are_told(ask, kb, five):
    answer = ask(dataset_ids=[kb.pk], question="chunk", document_ids=[f"{n:032x}" for n in range(10_000)])

    assert (answer.status_code, answer.json()["code"]) == (404, 102)


@pytest.mark.parametrize("name", ["page", "page_size", "top_k"])
@pytest.mark.parametrize("value", [2**31, 2**52, 2**53, -(2**53), 1e308, "1e5", "１", 1.5, True, [1], {}], ids=str)
def test_numbers_out_of_range_are_answered_or_refused(ask, kb, five, name, value):
    answer = ask(dataset_ids=[kb.pk], question="chunk", **{name: value})

    assert answer.status_code in {200, 400}
    assert answer.json()["code"] in {0, 100, 101}


@pytest.mark.parametrize("page_size", [1, 3, 1000, 2**52])
def test_pages_never_show_a_hit_twice_nor_leave_one_out(ask, kb, upload, publish, page_size):
    publish(upload(), *(f"Otters, paragraph {number}." for number in range(300)))
    pages = [1, 2, 3, 43, 44, 86, 87, 100, 101] if page_size == 3 else [1, 2]

    ids = []
    for page in pages:
        data = ask(dataset_ids=[kb.pk], question="otters", page=page, page_size=page_size).json()["data"]
        ids += [hit["id"] for hit in data["chunks"]]

    assert len(set(ids)) == len(ids)
    assert len(ids) == {1: 2, 3: 24, 1000: 300, 2**52: 300}[page_size]
