import pytest

from tests.factories import MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db

NOAUTH = {"code": 109, "message": "No authorization.", "data": False}


def test_everybody_owns_a_tenant_and_sees_those_they_are_in(web_as, owner, teammate):
    rows = web_as(teammate).get("/v1/tenant/list").json()["data"]

    assert [(row["tenant_id"], row["role"]) for row in rows] == [(teammate.pk, "owner"), (owner.pk, "normal")]


def test_a_tenant_is_shown_with_its_owners_data(web_as, owner, teammate):
    owner.avatar = "data:image/png;base64,AAAA"
    owner.save()

    row = web_as(teammate).get("/v1/tenant/list").json()["data"][1]

    assert set(row) == {"tenant_id", "role", "nickname", "email", "avatar", "update_date", "delta_seconds"}
    assert (row["nickname"], row["email"], row["avatar"]) == ("owner", owner.email, owner.avatar)
    assert row["update_date"].endswith(" GMT")
    assert 0 <= row["delta_seconds"] < 60


def test_an_invitation_is_listed(web_as, owner, guest):
    rows = web_as(guest).get("/v1/tenant/list").json()["data"]

    assert ("invite", owner.pk) in [(row["role"], row["tenant_id"]) for row in rows]


def test_members_and_guests_are_listed_without_the_owner(web, members, owner, teammate, guest):
    rows = web.get(f"{members}/list").json()["data"]

    assert [(row["user_id"], row["role"]) for row in rows] == [(teammate.pk, "normal"), (guest.pk, "invite")]
    assert set(rows[0]) == {
        *("id", "user_id", "status", "role", "nickname", "email", "avatar", "is_authenticated", "is_active"),
        *("is_anonymous", "update_date", "is_superuser", "delta_seconds"),
    }
    assert rows[0]["id"] == teammate.memberships.get(tenant=owner.tenant).pk
    assert (rows[0]["nickname"], rows[0]["email"], rows[0]["status"]) == ("teammate", teammate.email, "1")
    assert (rows[0]["is_authenticated"], rows[0]["is_active"], rows[0]["is_anonymous"]) == ("1", "1", "0")
    assert rows[0]["is_superuser"] is False
    assert 0 <= rows[0]["delta_seconds"] < 60


def test_a_tenant_without_others_has_an_empty_list(web, members):
    assert web.get(f"{members}/list").json() == {"code": 0, "message": "success", "data": []}


@pytest.mark.parametrize("who", ["teammate", "guest", "stranger"])
def test_only_the_tenant_itself_sees_its_members(web_as, members, request, who):
    client = web_as(request.getfixturevalue(who))

    foreign, unknown = client.get(f"{members}/list"), client.get(f"/v1/tenant/{'0' * 32}/user/list")

    assert (foreign.status_code, foreign.json()) == (403, NOAUTH)
    assert foreign.content == unknown.content


@pytest.mark.parametrize("count", [1, 5])
def test_lists_take_a_constant_number_of_queries(web, owner, members, django_assert_num_queries, count):
    for _ in range(count):
        MembershipFactory(tenant=owner.tenant, user=UserFactory())
        MembershipFactory(tenant=UserFactory().tenant, user=owner)

    with django_assert_num_queries(2):
        assert len(web.get("/v1/tenant/list").json()["data"]) == count + 1
    with django_assert_num_queries(3):
        assert len(web.get(f"{members}/list").json()["data"]) == count
