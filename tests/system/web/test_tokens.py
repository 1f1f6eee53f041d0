import re

import pytest

from system.models import APIToken

pytestmark = pytest.mark.django_db

URL = "/v1/system/new_token"


def test_a_new_token_has_the_shape_that_clients_expect_and_opens_the_api(web, owner, anonymous):
    data = web.post(URL).json()["data"]

    assert set(data) == {"tenant_id", "token", "beta", "create_time", "create_date", "update_time", "update_date"}
    assert re.fullmatch(r"ragflow-[\w-]{43}", data["token"])
    assert re.fullmatch(r"[\w-]{32}", data["beta"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", data["create_date"])
    assert data["tenant_id"] == owner.pk
    assert data["update_time"] is None
    assert anonymous.get("/api/v1/datasets", headers={"Authorization": f"Bearer {data['token']}"}).status_code == 200


def test_the_list_shows_the_living_tokens_of_the_tenant(web, web_as, stranger):
    first, second = (web.post(URL).json()["data"]["token"] for _ in range(2))
    web_as(stranger).post(URL)
    APIToken.objects.matching(first).get().revoke()

    rows = web.get("/v1/system/token_list").json()["data"]

    assert [row["token"] for row in rows] == [second]
    assert set(rows[0]) == {
        "tenant_id",
        "token",
        "dialog_id",
        "source",
        "beta",
        "create_time",
        "create_date",
        "update_time",
        "update_date",
    }


def test_where_values_are_not_kept_the_list_shows_hints(web, settings):
    settings.RAG_TOKENS_READABLE = False
    value = web.post(URL).json()["data"]["token"]

    row = web.get("/v1/system/token_list").json()["data"][0]

    assert value.startswith("ragflow-")
    assert row["token"] == APIToken.objects.get().hint
    assert row["beta"] is None


@pytest.mark.parametrize("by", ["value", "id"])
def test_a_token_is_revoked_by_value_or_id(web, by):
    value = web.post(URL).json()["data"]["token"]
    key = value if by == "value" else APIToken.objects.get().pk

    assert web.delete(f"/v1/system/token/{key}").json() == {"code": 0, "message": "success", "data": True}
    assert APIToken.objects.get().state == "revoked"


def test_foreign_and_unknown_tokens_are_left_alone(web, web_as, stranger):
    foreign = web_as(stranger).post(URL).json()["data"]["token"]

    for key in (foreign, APIToken.objects.get().pk, "ragflow-unknown"):
        assert web.delete(f"/v1/system/token/{key}").json()["data"] is True
    assert APIToken.objects.get().state == "active"


def test_a_user_without_tenant_has_no_tokens(web, owner):
    owner.tenant.delete()

    for response in (web.post(URL), web.get("/v1/system/token_list"), web.delete("/v1/system/token/x")):
        assert response.json() == {"code": 102, "message": "Tenant not found!", "data": None}
