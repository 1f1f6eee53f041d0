"""POST /v1/chunk/set, row by row of the contract (C.6)."""

import pytest

from tests.contract.answers import UNKNOWN, exception
from tests.contract.web.documents.shapes import TRUE, missing, refusal
from tests.factories import DocumentFactory

pytestmark = pytest.mark.django_db

OTTERS = "Otters hold hands."
EMPTY = (
    """Exception('Error: 413 - {"error":"Input validation error: `inputs` cannot be empty","""
    """"error_type":"Validation"}')"""
)


@pytest.fixture
def key(create):
    return create(OTTERS, important_kwd=["paws"], question_kwd=["Who?"])


@pytest.fixture
def change(call, document, key):
    def change(**body):
        given = {"doc_id": document.pk, "chunk_id": key, "content_with_weight": OTTERS, **body}
        return call("set", **given)

    return change


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ({}, {}),
        ({"content_with_weight": "Beavers build."}, {"content_with_weight": "Beavers build."}),
        ({"content_with_weight": " "}, {"content_with_weight": " "}),
        ({"important_kwd": ["b", "b", ""]}, {"important_kwd": ["b", "b", ""]}),
        ({"important_kwd": []}, {"important_kwd": []}),
        ({"question_kwd": [" why? ", ""]}, {"question_kwd": [" why? ", ""]}),
        ({"question_kwd": []}, {"question_kwd": []}),
        ({"tag_kwd": ["sea", "sea"]}, {"tag_kwd": ["sea", "sea"]}),
        ({"tag_feas": {"sea": 2, "river": -0.5}}, {"tag_feas": {"sea": 2, "river": -0.5}}),
        ({"tag_kwd": None, "tag_feas": None}, {}),
        ({"available_int": 0}, {"available_int": 0}),
        ({"available_int": "0"}, {"available_int": 0}),
        ({"available_int": True}, {}),
        ({"unknown": 1}, {}),
    ],
    ids=str,
)
def test_what_is_sent_is_changed_and_the_rest_stays(change, stored, key, document, counted, body, shown):
    before = stored(key)

    answer = change(**body)

    assert (answer.status_code, answer.json()) == (200, TRUE)
    assert stored(key) == before | shown
    assert counted(document) == 1


def test_a_changed_text_is_found_by_its_new_words_and_still_by_the_title(change, fetch):
    change(content_with_weight="Beavers build.")

    assert [fetch(keywords=word)["total"] for word in ("beavers", "otters", "ragflow")] == [1, 0, 1]


def test_tags_make_a_chunk_one_that_survives_a_new_parse(document, publish, call):
    publish(document, OTTERS)
    chunk = document.chunks.get()

    call("set", doc_id=document.pk, chunk_id=chunk.pk, content_with_weight=OTTERS, tag_kwd=["sea"])

    chunk.refresh_from_db()
    assert (chunk.by_hand, chunk.tags) == (True, ["sea"])


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {"content_with_weight": None, "important_kwd": "abc"},
            exception("TypeError('expected string or bytes-like object')"),
        ),
        ({"content_with_weight": 1}, exception("TypeError('expected string or bytes-like object')")),
        ({"important_kwd": "abc", "question_kwd": "abc"}, refusal(102, "`important_kwd` should be a list")),
        ({"question_kwd": None}, refusal(102, "`question_kwd` should be a list")),
        ({"important_kwd": [1], "question_kwd": "abc"}, refusal(102, "`question_kwd` should be a list")),
        ({"important_kwd": [1]}, exception("TypeError('sequence item 0: expected str instance, int found')")),
        ({"tag_kwd": "sea"}, refusal(102, "`tag_kwd` should be a list")),
        ({"tag_kwd": [1]}, exception("TypeError('sequence item 0: expected str instance, int found')")),
        ({"tag_feas": "sea"}, refusal(101, "`tag_feas` should be an object of numbers up to 1,000,000.")),
        ({"available_int": None}, refusal(101, "`available_int` should be 0 or 1.")),
        ({"available_int": "no"}, exception("""ValueError("invalid literal for int() with base 10: 'no'")""")),
    ],
    ids=[
        *("content-null", "content-number", "keywords-text", "questions-null", "lists-before-items", "keyword-number"),
        *("tags-text", "tag-number", "weights-text", "available-null", "available-word"),
    ],
)
@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
def test_a_wrong_value_is_told_before_the_document_and_nothing_is_changed(change, stored, key, known, body, expected):
    before = stored(key)

    answer = change(**body, **({} if known else {"doc_id": UNKNOWN}))

    assert (answer.status_code, answer.json()) == (400, expected)
    assert stored(key) == before


@pytest.mark.parametrize(
    "body",
    [{"content_with_weight": ""}, {"question_kwd": [""]}],
    ids=["content", "question"],
)
def test_an_empty_text_is_not_embedded(change, stored, key, body):
    before = stored(key)

    answer = change(**body)

    assert (answer.status_code, answer.json()) == (400, exception(EMPTY))
    assert stored(key) == before


@pytest.mark.parametrize(
    ("body", "status"),
    [({"content_with_weight": "a" * 100_001}, 413), ({"tag_kwd": ["a"] * 1001}, 413), ({"tag_kwd": ["a" * 256]}, 413)],
    ids=["content", "tags", "tag"],
)
def test_a_chunk_beyond_all_measure_is_refused(change, body, status):
    answer = change(**body)

    assert (answer.status_code, answer.json()["code"]) == (status, 101)


@pytest.mark.parametrize("doc_id", [UNKNOWN, "", None, 1], ids=str)
def test_an_unknown_document_is_told(change, doc_id):
    answer = change(doc_id=doc_id)

    assert (answer.status_code, answer.json()) == (404, refusal(102, "Tenant not found!"))


def test_a_chunk_of_another_document_is_like_an_unknown_one(change, key, kb):
    other = DocumentFactory(kb=kb)

    theirs, unknown = change(doc_id=other.pk), change(chunk_id="x")

    assert (theirs.status_code, theirs.json()) == (404, refusal(102, f"Can't find this chunk {key}"))
    assert (unknown.status_code, unknown.json()) == (404, refusal(102, "Can't find this chunk x"))


def test_document_chunk_and_content_must_be_there(call):
    assert call("set", important_kwd="x").json() == missing("doc_id", "chunk_id", "content_with_weight")


@pytest.mark.parametrize(
    "content", ["Q: Who holds hands?\nA: Otters.", "Question: Who holds hands?\tAnswer: Otters."], ids=["typed", "kept"]
)
def test_a_pair_is_formatted_anew(change, stored, key, document, content):
    document.parser_id = "qa"
    document.save()

    assert change(content_with_weight=content).json()["data"] is True
    assert stored(key)["content_with_weight"] == "Question: Who holds hands?\tAnswer: Otters."


def test_what_is_no_pair_is_refused(change, document):
    document.parser_id = "qa"
    document.save()

    answer = change(content_with_weight="no pair")

    assert (answer.status_code, answer.json()) == (400, refusal(102, "Q&A must be separated by TAB/ENTER key."))
