import pytest

from system.models import Membership, Role
from tests.factories import KnowledgebaseFactory

pytestmark = pytest.mark.django_db

DONE = {"code": 0, "message": "success", "data": True}
NOAUTH = {"code": 109, "message": "No authorization.", "data": False}


def test_who_agrees_joins_and_sees_what_the_team_shares(web_as, owner, guest, role_of):
    shared = KnowledgebaseFactory(owner=owner, team=True)
    KnowledgebaseFactory(owner=owner)
    client = web_as(guest)

    answer = client.put(f"/v1/tenant/agree/{owner.pk}")

    assert answer.json() == DONE
    assert role_of(guest) == Role.NORMAL
    assert [kb["id"] for kb in client.get("/v1/kb/list").json()["data"]["kbs"]] == [shared.pk]


@pytest.mark.parametrize("role", [Role.NORMAL, Role.ADMIN])
def test_who_has_joined_keeps_their_role(web_as, owner, teammate, role_of, role):
    Membership.objects.filter(user=teammate, tenant=owner.tenant).update(role=role)

    assert web_as(teammate).put(f"/v1/tenant/agree/{owner.pk}").json() == DONE
    assert role_of(teammate) == role


def test_the_owner_stays_the_owner(web, owner, role_of):
    assert web.put(f"/v1/tenant/agree/{owner.pk}").json() == DONE
    assert role_of(owner) == Role.OWNER


def test_nobody_joins_uninvited(web_as, owner, stranger, role_of):
    client = web_as(stranger)

    foreign, unknown = client.put(f"/v1/tenant/agree/{owner.pk}"), client.put(f"/v1/tenant/agree/{'0' * 32}")

    assert (foreign.status_code, foreign.json()) == (403, NOAUTH)
    assert foreign.content == unknown.content
    assert role_of(stranger) is None


def test_nobody_agrees_for_another(web, owner, guest, role_of):
    web.put(f"/v1/tenant/agree/{owner.pk}")

    assert role_of(guest) == Role.INVITE
