import pytest

from system.models import Membership, Role
from tests.factories import KnowledgebaseFactory, MembershipFactory

pytestmark = pytest.mark.django_db

DONE = {"code": 0, "message": "success", "data": True}
NOAUTH = {"code": 109, "message": "No authorization.", "data": False}


@pytest.mark.parametrize("by", ["the tenant", "the member"])
@pytest.mark.parametrize("role", [Role.INVITE, Role.NORMAL, Role.ADMIN])
def test_a_member_leaves_or_is_removed(web, web_as, members, owner, teammate, role_of, by, role):
    Membership.objects.filter(user=teammate, tenant=owner.tenant).update(role=role)
    client = web if by == "the tenant" else web_as(teammate)

    answer = client.delete(f"{members}/{teammate.pk}")

    assert (answer.status_code, answer.json()) == (200, DONE)
    assert role_of(teammate) is None


def test_who_has_left_sees_nothing_more(web_as, members, owner, teammate):
    KnowledgebaseFactory(owner=owner, team=True)
    client = web_as(teammate)
    assert client.get("/v1/kb/list").json()["data"]["total"] == 1

    client.delete(f"{members}/{teammate.pk}")

    assert client.get("/v1/kb/list").json()["data"]["total"] == 0


def test_only_this_one_membership_ends(web, members, owner, teammate, guest, stranger, role_of):
    MembershipFactory(tenant=stranger.tenant, user=teammate)

    web.delete(f"{members}/{teammate.pk}")

    assert (role_of(owner), role_of(guest)) == (Role.OWNER, Role.INVITE)
    assert set(teammate.memberships.values_list("tenant", flat=True)) == {teammate.pk, stranger.pk}


def test_who_was_removed_can_be_invited_again(web, members, teammate, role_of):
    web.delete(f"{members}/{teammate.pk}")

    assert web.post(members, {"email": teammate.email}, format="json").json()["code"] == 0
    assert role_of(teammate) == Role.INVITE


def test_the_owner_cannot_leave(web, members, owner, role_of):
    answer = web.delete(f"{members}/{owner.pk}")

    assert answer.status_code == 400
    assert answer.json() == {"code": 102, "message": "The owner of a tenant stays its owner.", "data": None}
    assert role_of(owner) == Role.OWNER


def test_nobody_to_remove_is_no_harm(web, members, stranger):
    foreign, unknown = web.delete(f"{members}/{stranger.pk}"), web.delete(f"{members}/{'0' * 32}")

    assert foreign.json() == DONE
    assert foreign.content == unknown.content


@pytest.mark.parametrize("who", ["guest", "stranger", "admin"])
def test_members_are_removed_by_nobody_else(web_as, members, owner, teammate, role_of, request, who):
    if who == "admin":
        user = request.getfixturevalue("guest")
        Membership.objects.filter(user=user, tenant=owner.tenant).update(role=Role.ADMIN)
    else:
        user = request.getfixturevalue(who)
    client = web_as(user)

    foreign = client.delete(f"{members}/{teammate.pk}")
    unknown = client.delete(f"/v1/tenant/{'0' * 32}/user/{teammate.pk}")

    assert (foreign.status_code, foreign.json()) == (403, NOAUTH)
    assert foreign.content == unknown.content
    assert client.delete(f"{members}/{owner.pk}").json() == NOAUTH
    assert (role_of(teammate), role_of(owner)) == (Role.NORMAL, Role.OWNER)
