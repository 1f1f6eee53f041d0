import pytest

from documents import metadata
from documents.metadata import Condition
from knowledgebases.models import Knowledgebase
from tests.factories import DocumentFactory


@pytest.mark.parametrize(
    ("found", "operator", "value", "holds"),
    [
        ("Ada", "is", "ada", True),
        ("Ada", "=", "Bob", False),
        ("10", "is", 10.0, True),
        ("Ada", "not is", "Bob", True),
        (10, "≠", "10", False),
        ("9", "<", "10", True),
        ("9a", "<", "10", False),
        ("2024-05-01", ">", "2023-12-31", True),
        (5, "≥", 5, True),
        (5, "≤", 4, False),
        ("An otter", "contains", "OTTER", True),
        ("An otter", "not contains", "otter", False),
        ("An otter", "start with", "an", True),
        ("An otter", "end with", "otter", True),
        ("", "empty", None, True),
        (0, "empty", None, False),
        ("x", "not empty", None, True),
        (["a", "b"], "is", "b", True),
        (["a", "b"], "not is", "b", False),
        ([], "empty", None, True),
        ({"nested": 1}, "contains", "nested", True),
    ],
)
def test_a_field_meets_a_condition(found, operator, value, holds):
    assert metadata.meets({"field": found}, [Condition("field", operator, value)]) == holds


@pytest.mark.parametrize("operator", metadata.OPERATORS)
def test_a_field_that_is_not_there_is_empty(operator):
    holds = metadata.meets({}, [Condition("field", operator, "x")])

    assert holds == (operator in {"empty", "not is", "≠", "!=", "not contains"})


@pytest.mark.django_db
def test_living_documents_that_meet_every_condition_are_picked(owner):
    documents = [DocumentFactory(kb__owner=owner, meta_fields={"year": year}) for year in (1999, 2010, 2024)]
    DocumentFactory(kb=documents[1].kb, meta_fields={"year": 2011}, deleted_at="2025-01-01T00:00:00Z")
    DocumentFactory(meta_fields={"year": 2012})
    kbs = list(Knowledgebase.objects.filter(pk__in=[document.kb_id for document in documents]))

    picked = metadata.matching(kbs, [Condition("year", ">", 2000), Condition("year", "<", "2020")])

    assert picked == [documents[1].pk]


@pytest.mark.parametrize(
    ("found", "wanted"), [(10**400, 1), (1, 10**400), ("x", 10**400)], ids=["found", "both", "text"]
)
def test_numbers_beyond_any_float_compare_as_texts(found, wanted):
    assert not metadata.meets({"field": found}, [Condition("field", "is", wanted)])
