"""GET /v1/chunk/get, row by row of the contract (C.6)."""

import re

import pytest

from tests.contract.answers import exception

pytestmark = pytest.mark.django_db

STORED = {
    *("id", "content_with_weight", "doc_id", "kb_id", "docnm_kwd", "important_kwd", "question_kwd", "tag_kwd"),
    *("tag_feas", "img_id", "doc_type_kwd", "page_num_int", "position_int", "top_int", "available_int"),
    *("create_time", "create_timestamp_flt"),
}


def test_a_chunk_is_answered_as_it_is_stored(create, stored, document):
    key = create("Otters.", important_kwd=["paws"], question_kwd=["Who?"], tag_feas={"sea": 0.5})

    chunk = stored(key)

    assert set(chunk) == STORED
    assert (chunk["id"], chunk["doc_id"], chunk["kb_id"]) == (key, document.pk, document.kb_id)
    assert (chunk["content_with_weight"], chunk["docnm_kwd"]) == ("Otters.", document.name)
    assert (chunk["important_kwd"], chunk["question_kwd"]) == (["paws"], ["Who?"])
    assert (chunk["tag_kwd"], chunk["tag_feas"]) == ([], {"sea": 0.5})
    assert (chunk["available_int"], chunk["img_id"], chunk["doc_type_kwd"]) == (1, "", "text")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", chunk["create_time"])
    assert isinstance(chunk["create_timestamp_flt"], float)


def test_positions_are_shown_by_page_and_top_too(document, publish, stored):
    publish(document, "Otters.", positions=[[3, 10, 20, 30, 40], [4, 10, 20, 50, 60]])

    chunk = stored(document.chunks.get().pk)

    assert chunk["position_int"] == [[3, 10, 20, 30, 40], [4, 10, 20, 50, 60]]
    assert (chunk["page_num_int"], chunk["top_int"]) == ([3, 4], [30, 50])


@pytest.mark.parametrize("key", ["", "x", "0" * 16, "x" * 1000, "👍"], ids=["empty", "word", "id", "long", "emoji"])
def test_an_unknown_chunk_is_told_as_an_exception(web, key):
    answer = web.get("/v1/chunk/get", {"chunk_id": key})

    assert (answer.status_code, answer.json()) == (404, exception("Exception('Chunk not found')"))


def test_a_chunk_must_be_named(web):
    answer = web.get("/v1/chunk/get")

    assert (answer.status_code, answer.json()) == (400, exception("<BadRequestKeyError '400: Bad Request'>"))
