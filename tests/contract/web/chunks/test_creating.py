"""POST /v1/chunk/create, row by row of the contract (C.6)."""

import re

import pytest

from knowledgebases.models import Chunk, chunk_id
from tests.contract.answers import UNKNOWN, exception
from tests.contract.web.documents.shapes import missing, refusal

pytestmark = pytest.mark.django_db

EMPTY = (
    """Exception('Error: 413 - {"error":"Input validation error: `inputs` cannot be empty","""
    """"error_type":"Validation"}')"""
)


def test_a_new_chunk_is_answered_with_its_id(call, document, counted):
    answer = call("create", doc_id=document.pk, content_with_weight="chunk test")

    key = chunk_id(document.pk, "chunk test")
    assert re.fullmatch(r"[0-9a-f]{16}", key)
    assert (answer.status_code, answer.json()) == (
        200,
        {"code": 0, "message": "success", "data": {"chunk_id": key}},
    )
    assert counted(document) == 1


def test_lists_are_kept_as_they_are_sent(create, stored):
    keywords, questions = ["a", "", "a", " b "], [" why? ", "", " "]

    chunk = stored(create("chunk test", important_kwd=keywords, question_kwd=questions))

    assert (chunk["important_kwd"], chunk["question_kwd"]) == (keywords, questions)


@pytest.mark.parametrize("content", ["a", " ", "!?。；！？\"'", "<b>", "👍", "a " * 40_000], ids=lambda text: text[:5])
def test_any_text_makes_a_chunk(create, stored, content):
    assert stored(create(content))["content_with_weight"] == content


def test_the_same_content_again_is_the_same_chunk_and_counts_once(create, stored, document, counted):
    first, second = create("chunk test", tag_feas={"sea": 1}), create("chunk test", important_kwd=["again"])

    assert first == second
    assert (stored(second)["important_kwd"], stored(second)["tag_feas"]) == (["again"], {"sea": 1})
    assert counted(document) == 1


def test_a_new_chunk_is_found_at_once_by_its_words_and_by_the_title(create, fetch):
    create("Otters hold hands.")

    assert (fetch(keywords="otters")["total"], fetch(keywords="ragflow")["total"]) == (1, 1)


def test_a_chunk_created_here_is_found_by_the_title_after_it_was_added_by_the_other_api(api, create, fetch, document):
    path = f"/api/v1/datasets/{document.kb_id}/documents/{document.pk}/chunks"
    api.post(path, {"content": "Otters."}, format="json")
    untitled = fetch(keywords="ragflow")["total"]
    create("Otters.")

    assert (untitled, fetch(keywords="ragflow")["total"]) == (0, 1)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {"content_with_weight": None, "important_kwd": "abc"},
            exception("""TypeError("unsupported operand type(s) for +: 'NoneType' and 'str'")"""),
        ),
        (
            {"content_with_weight": 1},
            exception("""TypeError("unsupported operand type(s) for +: 'int' and 'str'")"""),
        ),
        (
            {"important_kwd": "abc", "question_kwd": "abc"},
            refusal(102, "`important_kwd` is required to be a list"),
        ),
        ({"important_kwd": None}, refusal(102, "`important_kwd` is required to be a list")),
        (
            {"important_kwd": [1], "question_kwd": "abc"},
            refusal(102, "`question_kwd` is required to be a list"),
        ),
        ({"important_kwd": [1]}, exception("TypeError('sequence item 0: expected str instance, int found')")),
        (
            {"question_kwd": ["why", None]},
            exception("TypeError('sequence item 1: expected str instance, NoneType found')"),
        ),
        ({"tag_feas": [1]}, refusal(101, "`tag_feas` should be an object of numbers up to 1,000,000.")),
        ({"tag_feas": {"sea": "1"}}, refusal(101, "`tag_feas` should be an object of numbers up to 1,000,000.")),
        ({"tag_feas": {"sea": True}}, refusal(101, "`tag_feas` should be an object of numbers up to 1,000,000.")),
        ({"tag_feas": {"sea": 10**400}}, refusal(101, "`tag_feas` should be an object of numbers up to 1,000,000.")),
    ],
    ids=[
        *("content-null", "content-number", "keywords-text", "keywords-null", "lists-before-items", "keyword-number"),
        *("question-null", "tags-list", "tag-text", "tag-boolean", "tag-huge"),
    ],
)
@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
def test_a_wrong_chunk_is_told_before_the_document_and_not_stored(call, document, known, body, expected):
    doc_id = document.pk if known else UNKNOWN

    answer = call("create", **{"doc_id": doc_id, "content_with_weight": "a", **body})

    assert (answer.status_code, answer.json()) == (400, expected)
    assert not Chunk.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {"content_with_weight": "a" * 100_001},
        {"question_kwd": ["why"] * 1001},
        {"important_kwd": ["a" * 100_001]},
        {"tag_feas": {str(number): 1 for number in range(1001)}},
        {"tag_feas": {"a" * 256: 1}},
    ],
    ids=["content", "questions", "keyword", "tags", "tag"],
)
def test_a_chunk_beyond_all_measure_is_refused(call, document, body):
    answer = call("create", **{"doc_id": document.pk, "content_with_weight": "a", **body})

    assert (answer.status_code, answer.json()["code"]) == (413, 101)
    assert not Chunk.objects.exists()


@pytest.mark.parametrize(
    ("body", "keys"),
    [
        ({}, ["doc_id", "content_with_weight"]),
        ({"doc_id": "x"}, ["content_with_weight"]),
        ({"content_with_weight": None}, ["doc_id"]),
    ],
    ids=["both", "content", "document"],
)
def test_document_and_content_must_be_there(call, body, keys):
    answer = call("create", **body)

    assert (answer.status_code, answer.json()) == (400, missing(*keys))


@pytest.mark.parametrize("doc_id", [UNKNOWN, "", None, 1, []], ids=str)
def test_an_unknown_document_is_told_before_an_empty_text(call, doc_id):
    answer = call("create", doc_id=doc_id, content_with_weight="")

    assert (answer.status_code, answer.json()) == (404, refusal(102, "Document not found!"))


@pytest.mark.parametrize(
    "body",
    [{"content_with_weight": ""}, {"content_with_weight": "a", "question_kwd": [""]}],
    ids=["content", "question"],
)
def test_an_empty_text_is_not_embedded(call, document, body):
    answer = call("create", doc_id=document.pk, **body)

    assert (answer.status_code, answer.json()) == (400, exception(EMPTY))
    assert not Chunk.objects.exists()


def test_a_blank_question_is_embedded(create, stored):
    assert stored(create("a", question_kwd=[" "]))["question_kwd"] == [" "]
