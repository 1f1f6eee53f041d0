"""POST /v1/chunk/list, row by row of the contract (C.6)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from documents import changes
from documents.changes import Change
from tests.contract.answers import UNKNOWN, exception
from tests.contract.web.documents.shapes import missing, refusal

pytestmark = pytest.mark.django_db

LISTED = {
    *("chunk_id", "content_with_weight", "doc_id", "docnm_kwd", "important_kwd", "question_kwd", "image_id"),
    *("available_int", "positions"),
}


def test_a_list_answers_chunks_and_their_document(call, document, publish):
    publish(document, "First.", "Second.", positions=[[1, 10, 20, 30, 40]])

    answer = call("list", doc_id=document.pk)

    body = answer.json()
    assert (answer.status_code, body["code"], body["message"]) == (200, 0, "success")
    data = body["data"]
    assert set(data) == {"total", "chunks", "doc"}
    assert (data["total"], [chunk["content_with_weight"] for chunk in data["chunks"]]) == (2, ["First.", "Second."])
    chunk = data["chunks"][0]
    assert set(chunk) == LISTED
    assert (chunk["doc_id"], chunk["docnm_kwd"]) == (document.pk, "ragflow_test_upload_0.txt")
    assert (chunk["available_int"], chunk["positions"], chunk["image_id"]) == (1, [[1, 10, 20, 30, 40]], "")
    doc = data["doc"]
    assert (doc["id"], doc["kb_id"], doc["run"], doc["parser_id"]) == (document.pk, document.kb_id, "3", "naive")
    assert (doc["chunk_num"], doc["status"]) == (2, "1")


@pytest.mark.parametrize(
    ("body", "rows"),
    [
        ({}, 5),
        ({"page": 1, "size": 2}, 2),
        ({"page": 3, "size": 2}, 1),
        ({"page": 4, "size": 2}, 0),
        ({"page": 0, "size": 2}, 2),
        ({"page": "2", "size": "2"}, 2),
        ({"size": 0}, 5),
        ({"size": 2.9}, 2),
        ({"page": 10**30}, 0),
        ({"keywords": None}, 5),
        ({"keywords": ""}, 5),
        ({"available_int": None}, 5),
        ({"unknown": "x"}, 5),
    ],
    ids=str,
)
def test_a_list_is_paged(five, fetch, body, rows):
    data = fetch(**body)

    assert (data["total"], len(data["chunks"])) == (5, rows)


def test_a_page_of_no_size_has_10_rows(document, publish, fetch):
    publish(document, *[f"Otter {number}." for number in range(12)])

    data = fetch(size=0)

    assert (data["total"], len(data["chunks"])) == (12, 10)


@pytest.mark.parametrize(("keywords", "hits"), [("1", 1), ("chunk", 4), ("ragflow", 5), ("content", 1), ("unknown", 0)])
def test_keywords_find_chunks_by_their_words_and_by_the_title(five, fetch, keywords, hits):
    data = fetch(keywords=keywords)

    assert (data["total"], len(data["chunks"])) == (hits, hits)


def test_matches_are_marked_and_the_rest_is_escaped(create, fetch):
    create("Otters & <b>rivers</b>")

    chunk = fetch(keywords="otter")["chunks"][0]

    assert chunk["content_with_weight"] == "<em>Otters</em> &amp; &lt;b&gt;rivers&lt;/b&gt;"


@pytest.mark.parametrize(
    ("body", "total"),
    [
        ({"available_int": 1}, 4),
        ({"available_int": 0}, 1),
        ({"available_int": "0"}, 1),
        ({"available_int": 0, "keywords": "chunk"}, 1),
        ({"available_int": 1, "keywords": "chunk"}, 3),
    ],
    ids=str,
)
def test_available_chunks_or_the_others_may_be_asked_for(five, call, document, fetch, body, total):
    call("switch", doc_id=document.pk, chunk_ids=five[:1], available_int=0)

    data = fetch(**body)

    assert (data["total"], len(data["chunks"])) == (total, total)
    assert {chunk["available_int"] for chunk in data["chunks"]} == {int(body["available_int"])}


@pytest.mark.parametrize(("body", "total"), [({}, 5), ({"available_int": 1}, 0), ({"available_int": 0}, 5)], ids=str)
def test_no_chunk_of_a_document_that_is_switched_off_is_available(five, document, fetch, body, total):
    changes.change(document, Change(enabled=False))

    data = fetch(**body)

    assert data["total"] == len(data["chunks"]) == total
    assert {chunk["available_int"] for chunk in data["chunks"]} <= {0}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {"size": None},
            exception(
                """TypeError("int() argument must be a string, a bytes-like object or a real number, not 'NoneType'")"""
            ),
        ),
        (
            {"page": []},
            exception(
                """TypeError("int() argument must be a string, a bytes-like object or a real number, not 'list'")"""
            ),
        ),
        ({"size": "a"}, exception("""ValueError("invalid literal for int() with base 10: 'a'")""")),
        ({"available_int": "a"}, exception("""ValueError("invalid literal for int() with base 10: 'a'")""")),
        ({"available_int": []}, refusal(101, "`available_int` should be 0 or 1.")),
        ({"keywords": 1}, refusal(101, "`keywords` should be a text.")),
    ],
    ids=["null", "list", "word", "available-word", "available-list", "keywords"],
)
@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
def test_a_wrong_value_is_told_before_the_document(call, document, known, body, expected):
    answer = call("list", doc_id=document.pk if known else UNKNOWN, **body)

    assert (answer.status_code, answer.json()) == (400, expected)


def test_keywords_may_have_10000_characters(call, document):
    answer = call("list", doc_id=document.pk, keywords="x" * 10_001)

    assert (answer.status_code, answer.json()["code"]) == (413, 101)


def test_a_document_must_be_named(call, web):
    expected = missing("doc_id")

    assert call("list", keywords="x").json() == expected
    assert web.post("/v1/chunk/list").json() == expected


@pytest.mark.parametrize("doc_id", [UNKNOWN, "", "x", None, 1, ["a"], {"a": 1}], ids=str)
def test_an_unknown_document_is_told(call, doc_id):
    answer = call("list", doc_id=doc_id)

    assert (answer.status_code, answer.json()) == (404, refusal(102, "Tenant not found!"))


@pytest.mark.parametrize("keywords", ["", "more"], ids=["all", "keywords"])
def test_a_list_costs_the_same_for_one_chunk_and_many(create, fetch, keywords):
    create("more")
    with CaptureQueriesContext(connection) as few:
        fetch(keywords=keywords)
    for number in range(10):
        create(f"more {number}")

    with CaptureQueriesContext(connection) as many:
        fetch(keywords=keywords)

    assert len(many) == len(few) <= 4
