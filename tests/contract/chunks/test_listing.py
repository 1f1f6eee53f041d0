"""GET .../documents/{id}/chunks, row by row of the contract (B.3)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.contract.answers import CHUNK, DOCUMENT, exception, failure

pytestmark = pytest.mark.django_db


def test_a_list_answers_chunks_and_their_document(document, publish, fetch):
    publish(document, "First.", "Second.", positions=[[1, 10, 20, 30, 40]])

    data = fetch()

    assert set(data) == {"total", "chunks", "doc"}
    assert (data["total"], [chunk["content"] for chunk in data["chunks"]]) == (2, ["First.", "Second."])
    chunk = data["chunks"][0]
    assert set(chunk) == CHUNK
    assert (chunk["docnm_kwd"], chunk["document_id"], chunk["dataset_id"]) == (
        "ragflow_test_upload_0.txt",
        document.pk,
        document.kb_id,
    )
    assert (chunk["available"], chunk["positions"], chunk["image_id"]) == (True, [[1, 10, 20, 30, 40]], "")
    doc = data["doc"]
    assert set(doc) == DOCUMENT
    assert (doc["id"], doc["run"], doc["chunk_method"], doc["chunk_count"]) == (document.pk, "DONE", "naive", 2)


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ({}, 5),
        ({"page": 1, "page_size": 2}, 2),
        ({"page": 3, "page_size": 2}, 1),
        ({"page": 4, "page_size": 2}, 0),
        ({"page": 0, "page_size": 2}, 2),
        ({"page_size": 0}, 5),
        ({"page": "", "page_size": "", "keywords": "", "id": ""}, 5),
        ({"page": 10**30}, 0),
        ({"unknown": "x"}, 5),
    ],
)
def test_a_list_is_paged(five, fetch, query, rows):
    data = fetch(**query)

    assert (data["total"], len(data["chunks"])) == (5, rows)


def test_a_page_of_size_0_has_10_rows(add, fetch):
    for number in range(12):
        add(f"chunk {number}")

    data = fetch(page_size=0)

    assert (data["total"], len(data["chunks"])) == (12, 10)


def test_chunks_go_by_page_then_height_then_the_newest_first(add, fetch, api, url):
    places = {"a": (2, 10), "b": (1, 90), "c": (1, 20), "d": (0, 0), "e": (0, 0)}
    for content, (page, top) in places.items():
        path = f"{url}/{add(content)['id']}"
        if page:
            api.put(path, {"positions": [[page, 0, 0, top, 99]]}, format="json")

    assert [chunk["content"] for chunk in fetch()["chunks"]] == ["e", "d", "c", "b", "a"]


def test_an_added_chunk_has_no_positions_and_may_be_searched(add, fetch):
    add("chunk")

    chunk = fetch()["chunks"][0]
    assert (chunk["positions"], chunk["available"], chunk["image_id"]) == ([], True, "")


def test_chunks_that_are_switched_off_are_listed_with_keywords_too(add, fetch, api, url):
    chunk = add("Otters hold hands.")["id"]
    api.put(f"{url}/{chunk}", {"available": 0}, format="json")

    assert [one["available"] for one in fetch()["chunks"]] == [False]
    assert [one["available"] for one in fetch(keywords="otters")["chunks"]] == [False]


def test_keywords_that_match_no_text_leave_the_content_plain(add, fetch):
    add("Otters & rivers", important_keywords=["zebrafish"])

    assert [chunk["content"] for chunk in fetch(keywords="zebrafish")["chunks"]] == ["Otters & rivers"]


@pytest.mark.parametrize(
    ("query", "rows"), [({"page": 1, "page_size": 3}, 3), ({"page": 2, "page_size": 3}, 1), ({"page": 9}, 0)]
)
def test_a_list_with_keywords_is_paged(five, fetch, query, rows):
    data = fetch(keywords="chunk", **query)

    assert (data["total"], len(data["chunks"])) == (4, rows)


def test_an_id_goes_before_keywords(five, fetch):
    data = fetch(id=five[0], keywords="unknown")

    assert (data["total"], data["chunks"][0]["id"]) == (1, five[0])


@pytest.mark.parametrize(("keywords", "hits"), [("1", 1), ("chunk", 4), ("ragflow", 1), ("unknown", 0)])
def test_keywords_find_chunks_by_their_words(five, fetch, keywords, hits):
    data = fetch(keywords=keywords)

    assert (data["total"], len(data["chunks"])) == (hits, hits)


def test_matches_are_marked_and_the_rest_is_escaped(add, fetch):
    add("Otters & <b>rivers</b>")

    assert fetch(keywords="otter")["chunks"][0]["content"] == "<em>Otters</em> &amp; &lt;b&gt;rivers&lt;/b&gt;"


def test_an_id_picks_one_chunk(five, fetch):
    data = fetch(id=five[2])

    assert (data["total"], [chunk["id"] for chunk in data["chunks"]]) == (1, [five[2]])


def test_an_unknown_id_is_told(api, url, document):
    answer = api.get(url, {"id": "x"})

    assert (answer.status_code, answer.json()) == (404, failure(404, f"Chunk not found: {document.kb_id}/x"))


@pytest.mark.parametrize("query", [{"page": "a"}, {"page_size": "a"}])
def test_a_number_that_is_none_is_refused(api, url, query):
    answer = api.get(url, query)

    text = """ValueError("invalid literal for int() with base 10: 'a'")"""
    assert (answer.status_code, answer.json()) == (400, exception(text))


def test_a_list_costs_the_same_for_one_chunk_and_many(add, api, url):
    add("one")
    with CaptureQueriesContext(connection) as few:
        api.get(url)
    for number in range(10):
        add(f"more {number}")

    with CaptureQueriesContext(connection) as many:
        api.get(url)

    assert len(many) == len(few) <= 6
