"""Who reaches which datasets by which route (contract A.4, B.1)."""

import uuid

import pytest

from system.models import Role
from tests.contract.answers import DATASETS
from tests.factories import KnowledgebaseFactory, MembershipFactory

pytestmark = pytest.mark.django_db


def test_foreign_and_unknown_datasets_are_the_same(api, owner, stranger, teammate):
    own = MembershipFactory(tenant=stranger.tenant, user=owner)
    foreign = KnowledgebaseFactory(owner=stranger, team=True).pk
    own.delete()
    unknown = uuid.uuid1().hex

    answers = [api.put(f"{DATASETS}/{key}", {"name": "mine"}, format="json") for key in (foreign, unknown)]

    for key, answer in zip((foreign, unknown), answers, strict=True):
        assert answer.status_code == 403
        assert answer.json() == {
            "code": 108,
            "message": f"User '{owner.pk}' lacks permission for dataset '{key}'",
        }
    assert answers[0].content.replace(foreign.encode(), b"") == answers[1].content.replace(unknown.encode(), b"")


def test_a_team_dataset_of_another_tenant_may_be_read_but_not_changed(api_as, owner, teammate):
    shared = KnowledgebaseFactory(owner=owner, team=True)
    client = api_as(teammate)

    assert [row["id"] for row in client.get(DATASETS).json()["data"]] == [shared.pk]
    assert client.put(f"{DATASETS}/{shared.pk}", {"name": "mine"}, format="json").json()["code"] == 108
    assert client.delete(DATASETS, {"ids": [shared.pk]}, format="json").json()["code"] == 108


def test_the_list_holds_own_datasets_and_team_datasets_of_joined_tenants(api_as, owner, stranger):
    mine = KnowledgebaseFactory(owner=stranger)
    KnowledgebaseFactory(owner=owner)
    shared = KnowledgebaseFactory(owner=owner, team=True)
    membership = MembershipFactory(tenant=owner.tenant, user=stranger, invited=True)
    client = api_as(stranger)

    invited = [row["id"] for row in client.get(DATASETS).json()["data"]]
    membership.role = Role.NORMAL
    membership.save()
    joined = [row["id"] for row in client.get(DATASETS).json()["data"]]

    assert invited == [mine.pk]
    assert joined == [shared.pk, mine.pk]


@pytest.mark.parametrize("method", ["get", "post", "delete", "patch"])
def test_other_methods_on_a_dataset_have_no_handler(api, anonymous, kb, method):
    for client in (api, anonymous):
        response = getattr(client, method)(f"{DATASETS}/{kb.pk}")
        assert response.status_code == 405
        assert response.json() == {"code": 100, "message": "<MethodNotAllowed '405: Method Not Allowed'>", "data": None}
