import pytest
from django.test import Client

from system.models import Tenant
from tests.factories import KnowledgebaseFactory, MembershipFactory

pytestmark = pytest.mark.django_db

URL = "/api/v1/datasets"


def test_a_token_acts_for_its_tenant(api, owner):
    assert api.post(URL, {"name": "x"}, format="json").json()["data"]["tenant_id"] == owner.pk


def test_a_session_acts_for_the_users_own_tenant(owner, stranger):
    MembershipFactory(tenant=stranger.tenant, user=owner)
    client = Client()
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")

    data = client.post(URL, {"name": "x"}, content_type="application/json").json()["data"]

    assert data["tenant_id"] == owner.pk


def test_a_user_without_tenant_is_told(owner):
    client = Client()
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    Tenant.objects.all().delete()

    response = client.post(URL, {"name": "x"}, content_type="application/json")

    assert response.json() == {"code": 102, "message": "Tenant not found."}


def test_who_leaves_a_tenant_sees_nothing_of_it_from_the_next_request_on(api_as, owner, teammate):
    KnowledgebaseFactory(owner=owner, team=True)
    client = api_as(teammate)
    before = client.get(URL).json()["total_datasets"]

    owner.tenant.memberships.get(user=teammate).delete()

    assert before == 1
    assert client.get(URL).json()["total_datasets"] == 0


def test_a_dataset_for_its_maker_alone_is_not_seen_by_the_team(api_as, owner, teammate):
    KnowledgebaseFactory(owner=owner)

    assert api_as(teammate).get(URL).json()["total_datasets"] == 0
