"""POST .../documents/{id}/chunks, row by row of the contract (B.3)."""

import re

import pytest
import xxhash

from knowledgebases.models import Chunk
from tests.contract.answers import exception, failure
from tests.factories import DocumentFactory

pytestmark = pytest.mark.django_db

ADDED = {
    *("id", "content", "document_id", "dataset_id", "important_keywords", "questions"),
    *("create_time", "create_timestamp"),
}


def test_an_added_chunk_is_answered(api, url, document):
    body = {"content": "chunk test", "important_keywords": ["a", "", "a"], "questions": [" why? ", " ", ""]}

    answer = api.post(url, body, format="json")

    chunk = answer.json()["data"]["chunk"]
    assert (answer.status_code, set(answer.json()), set(answer.json()["data"])) == (200, {"code", "data"}, {"chunk"})
    assert set(chunk) == ADDED
    assert chunk["id"] == f"{xxhash.xxh64_intdigest(f'chunk test{document.pk}'.encode()):016x}"
    assert (chunk["content"], chunk["document_id"], chunk["dataset_id"]) == ("chunk test", document.pk, document.kb_id)
    assert (chunk["important_keywords"], chunk["questions"]) == (["a", "", "a"], ["why?"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", chunk["create_time"])
    assert isinstance(chunk["create_timestamp"], float)


def test_all_but_the_content_may_be_left_out(api, url):
    chunk = api.post(url, {"content": " chunk test\n"}, format="json").json()["data"]["chunk"]

    assert (chunk["content"], chunk["important_keywords"], chunk["questions"]) == (" chunk test\n", [], [])


def test_checks_go_by_the_order_of_the_contract(api, url):
    wrong = {
        "content": (" ", failure(102, "`content` is required")),
        "important_keywords": ("abc", failure(102, "`important_keywords` is required to be a list")),
        "questions": ("abc", failure(102, "`questions` is required to be a list")),
    }
    item = exception("TypeError('sequence item 0: expected str instance, int found')")
    null = exception("""TypeError("unsupported operand type(s) for +: 'NoneType' and 'str'")""")

    def told(**body):
        return api.post(url, body, format="json").json()

    assert told(**{key: value for key, (value, _) in wrong.items()}) == wrong["content"][1]
    assert told(content=None, important_keywords="abc", questions="abc") == wrong["important_keywords"][1]
    assert told(content=None, important_keywords=[1], questions="abc") == wrong["questions"][1]
    assert told(content=None, important_keywords=[1], questions=[1]) == null
    assert told(content="a", important_keywords=[1], questions=[None]) == item


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
        ({"content": []}, exception("""TypeError("unsupported operand type(s) for +: 'list' and 'str'")""")),
        ({"content": False}, exception("""TypeError("unsupported operand type(s) for +: 'bool' and 'str'")""")),
        ({"content": "a", "questions": {}}, failure(102, "`questions` is required to be a list")),
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


def test_equal_contents_are_chunks_of_their_own_in_each_document(api, url, add, kb):
    other = DocumentFactory(kb=kb)
    there = api.post(url.replace(add("chunk test")["document_id"], other.pk), {"content": "chunk test"}, format="json")

    assert there.json()["data"]["chunk"]["id"] != add("chunk test")["id"]
    assert Chunk.objects.count() == 2


def test_an_added_chunk_is_found_by_its_keywords_and_questions(api, kb, add):
    add("Otters hold hands.", important_keywords=["zebrafish"], questions=["Who juggles stones?"])

    def found(question):
        body = {"dataset_ids": [kb.pk], "question": question}
        return api.post("/api/v1/retrieval", body, format="json").json()["data"]["total"]

    assert (found("zebrafish"), found("juggles"), found("otters")) == (1, 1, 1)


def test_the_name_of_the_file_does_not_find_an_added_chunk(add, fetch):
    add("Otters hold hands.")

    assert fetch(keywords="ragflow")["total"] == 0
