"""DELETE /datasets, row by row of the contract (B.1)."""

import uuid

import pytest

from knowledgebases.models import Knowledgebase
from tests.contract.answers import DATASETS, violation
from tests.contract.datasets.violations import OTHER_VERSION
from tests.factories import KnowledgebaseFactory

pytestmark = pytest.mark.django_db


def test_deleted_datasets_are_gone_at_once(api, owner):
    kbs = KnowledgebaseFactory.create_batch(3, owner=owner)

    response = api.delete(DATASETS, {"ids": [kbs[0].pk, str(uuid.UUID(kbs[1].pk))]}, format="json")

    assert response.json() == {"code": 0}
    assert [row["id"] for row in api.get(DATASETS).json()["data"]] == [kbs[2].pk]


def test_null_deletes_all_of_the_tenant_and_an_empty_list_none(api, kb, stranger):
    foreign = KnowledgebaseFactory(owner=stranger)

    assert api.delete(DATASETS, {"ids": []}, format="json").json() == {"code": 0}
    assert api.get(DATASETS).json()["total_datasets"] == 1
    assert api.delete(DATASETS, {"ids": None}, format="json").json() == {"code": 0}
    assert api.get(DATASETS).json() == {"code": 0, "data": [], "total_datasets": 0}
    assert list(Knowledgebase.objects.live()) == [foreign]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, violation("ids", "Field required", "{}")),
        ({"ids": "x"}, violation("ids", "Input should be a valid list", "x")),
        ({"ids": [1]}, violation("ids.0", "Input should be a valid string", "1")),
        ({"ids": ["x"]}, violation("ids", "Invalid UUID1 format", "['x']")),
        ({"ids": [OTHER_VERSION]}, violation("ids", "Invalid UUID1 format", f"['{OTHER_VERSION}']")),
        ({"ids": [], "x": 1}, violation("x", "Extra inputs are not permitted", "1")),
    ],
    ids=["missing", "no list", "no string", "no uuid", "other version", "unknown key"],
)
def test_ids_to_delete_keep_the_field_rules(api, body, message):
    assert api.delete(DATASETS, body, format="json").json() == {"code": 101, "message": message}


def test_repeated_ids_are_refused(api, kb):
    response = api.delete(DATASETS, {"ids": [kb.pk, kb.pk]}, format="json")

    assert f"Message: <Duplicate ids: '{kb.pk}'>" in response.json()["message"]
    assert Knowledgebase.objects.live().exists()


def test_10000_ids_are_deleted_at_once_at_most(api, kb):
    response = api.delete(DATASETS, {"ids": [kb.pk] * 10_001}, format="json")

    assert "Message: <List should have at most 10000 items>" in response.json()["message"]
    assert Knowledgebase.objects.live().exists()


def test_a_list_with_a_foreign_id_deletes_nothing(api, kb, owner, stranger):
    foreign, unknown = KnowledgebaseFactory(owner=stranger, team=True).pk, uuid.uuid1().hex

    response = api.delete(DATASETS, {"ids": [kb.pk, foreign, unknown]}, format="json")

    message = f"User '{owner.pk}' lacks permission for datasets: '{foreign}', '{unknown}'"
    assert response.json() == {"code": 108, "message": message}
    assert response.status_code == 403
    assert Knowledgebase.objects.live().count() == 2
