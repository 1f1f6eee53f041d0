import threading

import pytest
from django.db import connections

from system import teams
from system.models import Membership, Role
from tests.factories import KnowledgebaseFactory, UserFactory

pytestmark = pytest.mark.django_db

NOAUTH = {"code": 109, "message": "No authorization.", "data": False}


@pytest.fixture
def invite(web, members):
    """Invite an address; returns the answer."""

    def invite(email, client=web, to=members):
        return client.post(to, {"email": email}, format="json")

    return invite


def test_an_invitation_names_the_guest(invite, stranger, owner, role_of):
    answer = invite(stranger.email)

    assert answer.json() == {
        "code": 0,
        "message": "success",
        "data": {"id": stranger.pk, "avatar": None, "email": stranger.email, "nickname": "stranger"},
    }
    assert role_of(stranger) == Role.INVITE
    assert stranger.memberships.get(tenant=owner.tenant).invited_by == owner


def test_an_address_is_found_whatever_its_case(invite, stranger, role_of):
    assert invite(f" {stranger.email.upper()} ").json()["code"] == 0
    assert role_of(stranger) == Role.INVITE


def test_who_is_invited_has_no_rights_yet(invite, web_as, api_as, owner, stranger):
    KnowledgebaseFactory(owner=owner, team=True)

    invite(stranger.email)

    assert api_as(stranger).get("/api/v1/datasets").json()["data"] == []
    assert web_as(stranger).get("/v1/kb/list").json()["data"]["kbs"] == []


@pytest.mark.parametrize(
    "email",
    ["nobody@example.org", "", "x" * 5000 + "@example.org", "%", "'; DROP TABLE rag_user; --"],
    ids=["unknown", "empty", "long", "wildcard", "SQL"],
)
def test_an_address_without_account_is_not_found(invite, email):
    answer = invite(email)

    assert (answer.status_code, answer.json()) == (404, {"code": 102, "message": "User not found.", "data": None})


def test_a_disabled_account_is_not_found(invite, stranger, role_of):
    stranger.is_active = False
    stranger.save()

    assert invite(stranger.email).json()["message"] == "User not found."
    assert role_of(stranger) is None


@pytest.mark.parametrize(
    ("role", "message"),
    [
        (Role.NORMAL, "{} is already in the team."),
        (Role.OWNER, "{} is the owner of the team."),
        (Role.INVITE, "{} is in the team, but the role: invite is invalid."),
        (Role.ADMIN, "{} is in the team, but the role: admin is invalid."),
    ],
)
def test_who_is_there_already_is_not_invited_again(invite, owner, teammate, role_of, role, message):
    user = owner if role == Role.OWNER else teammate
    Membership.objects.filter(user=user, tenant=owner.tenant).update(role=role)

    answer = invite(user.email)

    assert answer.status_code == 409
    assert answer.json() == {"code": 102, "message": message.format(user.email), "data": None}
    assert role_of(user) == role


@pytest.mark.parametrize("raw", ["", "{}", "[]", "not json"])
def test_the_address_is_required(web, members, raw):
    answer = web.generic("POST", members, raw, content_type="application/json")

    assert answer.json() == {"code": 101, "message": "required argument are missing: email; ", "data": None}


@pytest.mark.parametrize("email", [None, 1, ["a@example.org"], {"a": 1}, True])
def test_an_address_is_a_text(invite, email):
    answer = invite(email)

    assert (answer.status_code, answer.json()["code"]) == (400, 101)


@pytest.mark.parametrize("who", ["teammate", "admin", "guest", "stranger"])
def test_only_the_tenant_itself_invites(invite, web_as, owner, teammate, request, who):
    if who == "admin":
        Membership.objects.filter(user=teammate).exclude(role=Role.OWNER).update(role=Role.ADMIN)
    client, wanted = web_as(request.getfixturevalue("teammate" if who == "admin" else who)), UserFactory()

    foreign, unknown = invite(wanted.email, client), invite(wanted.email, client, f"/v1/tenant/{'0' * 32}/user")

    assert (foreign.status_code, foreign.json()) == (403, NOAUTH)
    assert foreign.content == unknown.content
    assert wanted.memberships.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_invitations_at_once_make_one(owner, stranger):
    told = []

    def invite():
        try:
            told.append(teams.invite(owner.tenant, stranger.email, invited_by=owner).pk)
        except Exception as error:
            told.append(type(error).__name__)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=invite) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(told) == sorted(["Conflict"] * 3 + [stranger.pk])
    assert stranger.memberships.filter(tenant=owner.tenant).count() == 1
