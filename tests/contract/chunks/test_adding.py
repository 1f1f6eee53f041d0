"""POST .../documents/{id}/chunks, row by row of the contract (B.3)."""

import re

import pytest

from knowledgebases.models import Chunk, chunk_id
from tests.contract.answers import exception, failure

pytestmark = pytest.mark.django_db


def test_an_added_chunk_is_answered(api, url, document):
    body = {"content": "chunk test", "important_keywords": ["a", "", "a"], "questions": [" why? ", " ", ""]}

    answer = api.post(url, body, format="json")

    chunk = answer.json()["data"]["chunk"]
    assert (answer.status_code, set(answer.json())) == (200, {"code", "data"})
    assert chunk["id"] == chunk_id(document.pk, "chunk test")
    assert re.fullmatch(r"[0-9a-f]{16}", chunk["id"])
    assert (chunk["content"], chunk["document_id"], chunk["dataset_id"]) == ("chunk test", document.pk, document.kb_id)
    assert (chunk["important_keywords"], chunk["questions"]) == (["a", "", "a"], ["why?"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", chunk["create_time"])
    assert isinstance(chunk["create_timestamp"], float)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, failure(102, "`content` is required")),
        ({"content": ""}, failure(102, "`content` is required")),
        ({"content": " \n"}, failure(102, "`content` is required")),
        (
            {"content": "a", "important_keywords": "abc"},
            failure(102, "`important_keywords` is required to be a list"),
        ),
        ({"content": "a", "important_keywords": None}, failure(102, "`important_keywords` is required to be a list")),
        ({"content": "a", "questions": "abc"}, failure(102, "`questions` is required to be a list")),
        ({"content": None, "questions": "abc"}, failure(102, "`questions` is required to be a list")),
        (
            {"content": None},
            exception("""TypeError("unsupported operand type(s) for +: 'NoneType' and 'str'")"""),
        ),
        ({"content": 1}, exception("""TypeError("unsupported operand type(s) for +: 'int' and 'str'")""")),
        (
            {"content": "a", "important_keywords": [1]},
            exception("TypeError('sequence item 0: expected str instance, int found')"),
        ),
        (
            {"content": "a", "questions": ["why", None]},
            exception("TypeError('sequence item 1: expected str instance, NoneType found')"),
        ),
    ],
)
def test_a_wrong_chunk_is_refused_and_not_stored(api, url, body, expected):
    answer = api.post(url, body, format="json")

    assert (answer.status_code, answer.json()) == (400, expected)
    assert not Chunk.objects.exists()


@pytest.mark.parametrize(
    "body",
    [{"content": "a" * 100_001}, {"content": "a", "questions": ["why"] * 1001}],
    ids=["content", "questions"],
)
def test_a_chunk_beyond_all_measure_is_refused(api, url, body):
    answer = api.post(url, body, format="json")

    assert (answer.status_code, answer.json()["code"]) == (413, 101)


@pytest.mark.parametrize(
    "content",
    ["!?。；！？\"'", "% _ \\ '' ; DROP TABLE rag_chunk", "<script>alert(1)</script>", "👍" * 1000, "a " * 40_000],
    ids=["punctuation", "sql", "html", "emoji", "long"],
)
def test_any_text_makes_a_chunk(add, fetch, content):
    chunk = add(content)

    assert fetch(id=chunk["id"])["chunks"][0]["content"] == content


def test_the_same_content_again_is_the_same_chunk_and_counts_once(add, document, counted):
    first, second = add("chunk test"), add("chunk test", important_keywords=["again"])

    assert first["id"] == second["id"]
    assert second["important_keywords"] == ["again"]
    assert counted(document) == 1


def test_an_added_chunk_is_there_at_once(add, fetch, document, counted):
    chunk = add("chunk test")

    data = fetch()
    assert [one["id"] for one in data["chunks"]] == [chunk["id"]]
    assert data["doc"]["chunk_count"] == counted(document) == 1
