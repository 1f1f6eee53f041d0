"""PUT .../documents/{id}/chunks/{id}, row by row of the contract (B.3)."""

import pytest

from tests.contract.answers import UNKNOWN, exception, failure
from tests.factories import DocumentFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def change(api, url, add):
    chunk = add("Otters hold hands.", important_keywords=["paws"], questions=["Who holds hands?"])

    def change(**body):
        return api.put(f"{url}/{chunk['id']}", body, format="json")

    return change


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ({"content": "Beavers build."}, {"content": "Beavers build."}),
        ({"content": "!?。；！？\"'"}, {"content": "!?。；！？\"'"}),
        ({"important_keywords": ["b", "b", ""]}, {"important_keywords": ["b", "b", ""]}),
        ({"important_keywords": []}, {"important_keywords": []}),
        ({"questions": [" why? ", ""]}, {"questions": ["why?"]}),
        ({"available": False}, {"available": False}),
        ({"available": 0}, {"available": False}),
        ({"available": "1"}, {"available": True}),
        ({"available": " 0 "}, {"available": False}),
        ({"available": 0.5}, {"available": False}),
        ({"available": 2}, {"available": True}),
        ({"available": -1}, {"available": True}),
        ({"questions": []}, {"questions": []}),
        ({"positions": []}, {"positions": []}),
        ({"positions": [[2, 1, 2, 3, 4]]}, {"positions": [[2, 1, 2, 3, 4]]}),
        ({"unknown": 1}, {}),
        ({}, {}),
    ],
)
def test_what_is_sent_is_changed_and_the_rest_stays(change, fetch, document, body, shown, counted):
    before = fetch()["chunks"][0]

    answer = change(**body)

    assert (answer.status_code, answer.json()) == (200, {"code": 0})
    assert fetch()["chunks"][0] == before | shown
    assert counted(document) == 1


def test_a_changed_text_is_found_by_its_new_words(change, fetch):
    change(content="Beavers build.")

    assert fetch(keywords="beavers")["total"] == 1
    assert fetch(keywords="otters")["total"] == 0


def test_a_new_position_moves_a_chunk_in_the_order(change, add, fetch):
    add("Second.")
    change(positions=[[7, 0, 0, 0, 0]])

    assert [chunk["content"] for chunk in fetch()["chunks"]] == ["Second.", "Otters hold hands."]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"important_keywords": "abc"}, failure(102, "`important_keywords` should be a list")),
        ({"questions": None}, failure(102, "`questions` should be a list")),
        ({"positions": "abc"}, failure(102, "`positions` should be a list")),
        (
            {"positions": [[1, 2]]},
            failure(101, "`positions` should hold lists of five integers: page, left, right, top, bottom."),
        ),
        (
            {"positions": [[2**40, 0, 0, 0, 0]]},
            failure(101, "`positions` should hold lists of five integers: page, left, right, top, bottom."),
        ),
        (
            {"important_keywords": [1]},
            exception("TypeError('sequence item 0: expected str instance, int found')"),
        ),
        ({"questions": [1]}, exception("TypeError('sequence item 0: expected str instance, int found')")),
        ({"content": None}, exception("TypeError('expected string or bytes-like object')")),
        ({"content": 1}, exception("TypeError('expected string or bytes-like object')")),
        ({"content": " "}, failure(102, "`content` is required")),
        ({"available": "True"}, exception("""ValueError("invalid literal for int() with base 10: 'True'")""")),
        ({"available": None}, failure(101, "`available` should be 0 or 1.")),
    ],
)
def test_a_wrong_value_is_refused_and_nothing_is_changed(change, fetch, body, expected):
    before = fetch()

    answer = change(**body)

    assert (answer.status_code, answer.json()) == (400, expected)
    assert fetch() == before


@pytest.mark.parametrize(
    ("content", "stored"),
    [
        ("Q: Who holds hands?\nA: Otters.", "Question: Who holds hands?\tAnswer: Otters."),
        ("Who holds hands?\tOtters.", "Question: Who holds hands?\tAnswer: Otters."),
        ("问题：谁？谁？\t答案：水獭。", "问题：谁？谁？\t回答：水獭。"),
    ],
    ids=["labels", "tab", "chinese"],
)
def test_a_pair_is_formatted_anew(change, fetch, document, content, stored):
    document.parser_id = "qa"
    document.save()

    assert change(content=content).json() == {"code": 0}
    assert fetch()["chunks"][0]["content"] == stored


@pytest.mark.parametrize("content", ["no pair", "one\ttwo\tthree", "q\ta"])
def test_what_is_no_pair_is_refused(change, document, content):
    document.parser_id = "qa"
    document.save()

    answer = change(content=content)

    assert (answer.status_code, answer.json()) == (400, failure(102, "Q&A must be separated by TAB/ENTER key."))


def test_lists_are_judged_before_the_content(change):
    wrong = {"questions": "abc", "important_keywords": "abc", "positions": "abc", "content": None}

    told = []
    for key in ("important_keywords", "questions", "positions", "content"):
        told.append(change(**wrong).json()["message"])
        del wrong[key]

    assert told == [
        "`important_keywords` should be a list",
        "`questions` should be a list",
        "`positions` should be a list",
        "TypeError('expected string or bytes-like object')",
    ]


def test_what_is_switched_off_is_not_searched_until_it_is_switched_on(api, kb, change):
    def found():
        body = {"dataset_ids": [kb.pk], "question": "otters"}
        return api.post("/api/v1/retrieval", body, format="json").json()["data"]["total"]

    counts = [found()]
    for available in (0, 1):
        change(available=available)
        counts.append(found())

    assert counts == [1, 0, 1]


def test_a_changed_text_keeps_the_id(change, fetch):
    before = fetch()["chunks"][0]["id"]

    change(content="Beavers build.")

    assert [chunk["id"] for chunk in fetch()["chunks"]] == [before]


def test_an_unknown_chunk_is_told_before_all_else(api, kb):
    answer = api.put(f"/api/v1/datasets/{UNKNOWN}/documents/x/chunks/y", {"questions": 1}, format="json")

    assert (answer.status_code, answer.json()) == (404, failure(102, "Can't find this chunk y"))


def test_dataset_and_document_are_told_where_the_chunk_exists(api, document, add, kb):
    chunk, other = add("chunk")["id"], DocumentFactory(kb=kb)

    def put(kb_id, document_id):
        path = f"/api/v1/datasets/{kb_id}/documents/{document_id}/chunks/{chunk}"
        return api.put(path, {"questions": 1}, format="json").json()

    assert put(UNKNOWN, document.pk) == failure(102, f"You don't own the dataset {UNKNOWN}.")
    assert put(kb.pk, UNKNOWN) == failure(102, f"You don't own the document {UNKNOWN}.")
    assert put(kb.pk, other.pk) == failure(102, f"Can't find this chunk {chunk}")
