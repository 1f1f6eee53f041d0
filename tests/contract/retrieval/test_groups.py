"""Groups of conditions, and conditions with a type: what `metadata_condition` takes beyond the contract."""

import pytest

from documents import changes
from documents.changes import Change

pytestmark = pytest.mark.django_db

FILES = {
    "old": {"year": 1999, "by": ["Ada", "Bob"], "from": "1999-05-01"},
    "new": {"year": "2024", "by": "Bob", "from": "2024-05-01T10:00+02:00"},
    "none": {},
}


@pytest.fixture
def files(upload, publish):
    for name, meta in FILES.items():
        document = publish(upload(f"{name}.txt"), f"Otters, {name}.")
        changes.change(document, Change(meta_fields=meta))


@pytest.fixture
def found(hits, files):
    def found(wanted):
        return {text.removeprefix("Otters, ").rstrip(".") for text in hits("otters", metadata_condition=wanted)}

    return found


def one(name, operator, value=None, **more):
    return {"name": name, "comparison_operator": operator, "value": value, **more}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"or": [one("year", "<", 2000), one("year", ">", 2020)]}, {"old", "new"}),
        ({"and": [one("by", "is", "bob"), one("year", ">", 2020)]}, {"new"}),
        ({"not": one("by", "is", "bob")}, {"none"}),
        (one("year", "is", 1999), {"old"}),
        ({"conditions": [one("by", "not empty"), {"not": {"or": [one("year", "is", 1999)]}}]}, {"new"}),
        ({"conditions": [{"or": [one("by", "empty"), one("by", "is", "ada")]}]}, {"old", "none"}),
        ({"conditions": [one("by", "in", ["ada", "eve"])]}, {"old"}),
        ({"conditions": [one("by", "not in", ["ada", "eve"])]}, {"new", "none"}),
        ({"conditions": [one("from", ">", "2024-05-01T07:59", type="date")]}, {"new"}),
        ({"conditions": [one("from", "<", "2024-05-01T08:00:01Z", type="date")]}, {"old", "new"}),
        ({"conditions": [one("year", ">", "3", type="text")]}, {"old", "new", "none"}),
        ({"conditions": [one("year", "<", "3", type="text")]}, {"old", "new"}),
        ({"conditions": [one("year", ">", 3, type="number")]}, {"old", "new"}),
        ({"conditions": [one("year", "not empty", type=None)]}, {"old", "new"}),
        ({"conditions": [one("year", "not empty", type="auto")]}, {"old", "new"}),
    ],
)
def test_conditions_are_joined_and_typed(found, wanted, expected):
    assert found(wanted) == expected


def nested(depth):
    wanted = one("year", "is", 1)
    for _ in range(depth):
        wanted = {"not": wanted}
    return wanted


@pytest.mark.parametrize(
    "wanted",
    [
        {"and": []},
        {"or": {}},
        {"or": None},
        {"not": []},
        {"not": None},
        {"and": ["x"]},
        {"conditions": [{"or": [{"and": [1]}]}]},
        {"conditions": [one("year", "in", 1)]},
        {"conditions": [one("year", "in", [])]},
        {"conditions": [one("year", ">", 1, type="colour")]},
        {"conditions": [one("year", ">", 1, type=["number"])]},
        {"conditions": [one("year", ">", "x", type="number")]},
        {"conditions": [one("year", ">", None, type="number")]},
        {"conditions": [one("year", ">", True, type="number")]},
        {"conditions": [one("year", "in", [1, "x"], type="number")]},
        {"conditions": [one("year", ">", "2024-02-30", type="date")]},
        {"conditions": [one("year", ">", 2024, type="date")]},
        {"conditions": [one("year", ">", "2024-01-01\n", type="date")]},
        {"conditions": [one("year", "contains", "2", type="number")]},
        {"conditions": [one("year", ["is"], "2")]},
        {"and": [one("year", "is", 1)], "or": [one("year", "is", 2)]},
        {"not": one("year", "is", 1), "conditions": [one("year", "is", 2)]},
        {"conditions": [{**one("year", "is", 1), "or": [one("year", "is", 2)]}]},
    ],
    ids=str,
)
def test_a_wrong_group_or_type_is_refused(ask, kb, wanted):
    answer = ask(dataset_ids=[kb.pk], question="otters", metadata_condition=wanted)

    assert (answer.status_code, answer.json()["code"]) == (400, 101)


@pytest.mark.parametrize(
    "wanted",
    [
        nested(9),
        {"or": [one("year", "is", 1)] * 65},
        {"or": [{"and": [one("year", "is", 1)] * 33}] * 2},
        {"conditions": [one("year", "in", list(range(65)))]},
        {"conditions": [one("year", "in", ["x" * 1001])]},
    ],
    ids=["deep", "wide", "in all", "values", "long"],
)
def test_too_much_is_refused(ask, kb, wanted):
    answer = ask(dataset_ids=[kb.pk], question="otters", metadata_condition=wanted)

    assert (answer.status_code, answer.json()["code"]) == (413, 101)


def test_what_is_just_allowed_is_answered(ask, kb, files):
    for wanted in (nested(8), {"or": [{"and": [one("by", "contains", "x" * 1000)] * 32}] * 2}):
        answer = ask(dataset_ids=[kb.pk], question="otters", metadata_condition=wanted)

        assert answer.json()["code"] == 0


def test_dify_takes_the_same_and_finds_nothing_where_nothing_matches(api, kb, files):
    def records(wanted):
        body = {"knowledge_id": kb.pk, "query": "otters", "metadata_condition": wanted}
        return {record["title"] for record in api.post("/api/v1/dify/retrieval", body, format="json").json()["records"]}

    assert records({"not": one("by", "is", "bob")}) == {"none.txt"}
    assert records({"conditions": [one("by", "is", "eve")]}) == set()
