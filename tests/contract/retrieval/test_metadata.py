"""`metadata_condition` of the retrieval route (contract F.4)."""

import pytest

from documents import changes
from documents.changes import Change

pytestmark = pytest.mark.django_db


@pytest.fixture
def years(upload, publish):
    """Two documents with metadata and one without."""
    for name, meta in {"old": {"year": 1999, "by": "Ada"}, "new": {"year": "2024", "by": "Bob"}, "none": {}}.items():
        document = publish(upload(f"{name}.txt"), f"Otters, {name}.")
        changes.change(document, Change(meta_fields=meta))


def condition(name, operator, value=None, *others):
    one = {"name": name, "comparison_operator": operator, "value": value}
    return {"conditions": [one, *(other for many in others for other in many["conditions"])]}


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (condition("year", ">", 2000), {"new"}),
        (condition("by", "is", "ada"), {"old"}),
        (condition("by", "empty"), {"none"}),
        (
            {
                "conditions": [
                    *condition("year", "<", 2030)["conditions"],
                    *condition("by", "not is", "Bob")["conditions"],
                ]
            },
            {"old"},
        ),
        (condition("year", ">", 3000), {"old", "new", "none"}),
        ({"conditions": []}, {"old", "new", "none"}),
        ({}, {"old", "new", "none"}),
    ],
    ids=["number", "text", "empty", "both", "none-matches", "no-conditions", "nothing"],
)
def test_metadata_restrict_the_search_unless_nothing_matches(hits, years, wanted, found):
    texts = hits("otters", metadata_condition=wanted)

    assert {text.removeprefix("Otters, ").rstrip(".") for text in texts} == found


@pytest.mark.parametrize(
    ("operator", "name", "value", "found"),
    [
        ("is", "by", "ADA", {"old"}),
        ("=", "by", "ada", {"old"}),
        ("not is", "by", "Ada", {"new", "none"}),
        ("≠", "by", "Ada", {"new", "none"}),
        (">", "year", "1999.5", {"new"}),
        ("<", "year", 2000, {"old"}),
        ("≥", "year", 2024, {"new"}),
        ("≤", "year", "1999", {"old"}),
        (">", "by", "ANN", {"new"}),
        ("contains", "by", "D", {"old"}),
        ("not contains", "by", "D", {"new", "none"}),
        ("start with", "by", "b", {"new"}),
        ("end with", "by", "A", {"old"}),
        ("empty", "by", None, {"none"}),
        ("not empty", "by", None, {"old", "new"}),
    ],
)
def test_every_operator_of_the_contract_is_known(hits, years, operator, name, value, found):
    texts = hits("otters", metadata_condition=condition(name, operator, value))

    assert {text.removeprefix("Otters, ").rstrip(".") for text in texts} == found


def test_metadata_are_not_asked_where_documents_are_given(hits, years, kb):
    document = kb.documents.get(name="old.txt")

    assert hits("otters", document_ids=[document.pk], metadata_condition=condition("year", ">", 2000)) == [
        "Otters, old."
    ]


@pytest.mark.parametrize(
    "wanted",
    [condition("year", "like", 1), {"conditions": ["x"]}, {"conditions": [{}]}, [1], condition(1, "is")],
    ids=["operator", "text", "empty", "list", "name"],
)
def test_a_wrong_condition_is_refused(ask, kb, wanted):
    answer = ask(dataset_ids=[kb.pk], question="chunk", metadata_condition=wanted)

    assert (answer.status_code, answer.json()["code"]) == (400, 101)


@pytest.mark.parametrize(
    "wanted",
    [
        {"conditions": [{"name": "year", "comparison_operator": "empty"}] * 65},
        condition("x" * 1001, "is", 1),
        condition("year", "is", "x" * 1001),
    ],
    ids=["conditions", "name", "value"],
)
def test_too_much_of_a_condition_is_refused(ask, kb, wanted):
    answer = ask(dataset_ids=[kb.pk], question="chunk", metadata_condition=wanted)

    assert (answer.status_code, answer.json()["code"]) == (413, 101)


def test_numbers_beyond_any_float_are_no_crash(ask, kb, years):
    assert (
        ask(dataset_ids=[kb.pk], question="otters", metadata_condition=condition("year", ">", 10**400)).json()["code"]
        == 0
    )
