import pytest

pytestmark = pytest.mark.django_db

ROW = {
    *("id", "access_token", "nickname", "email", "avatar", "language", "color_schema", "timezone"),
    *("last_login_time", "is_authenticated", "is_active", "is_anonymous", "login_channel", "status", "is_superuser"),
    *("create_time", "create_date", "update_time", "update_date"),
}


def test_the_caller_sees_their_row_without_the_hash_of_the_password(web, owner, django_assert_num_queries):
    with django_assert_num_queries(1):
        answer = web.get("/v1/user/info")

    row = answer.json()["data"]
    assert set(row) == ROW
    assert (row["id"], row["email"], row["nickname"]) == (owner.pk, owner.email, "owner")
    assert owner.password not in answer.content.decode()


def test_the_row_has_the_types_that_clients_expect(web):
    row = web.get("/v1/user/info").json()["data"]

    assert {key: row[key] for key in ("is_authenticated", "is_active", "is_anonymous", "status", "is_superuser")} == {
        "is_authenticated": "1",
        "is_active": "1",
        "is_anonymous": "0",
        "status": "1",
        "is_superuser": False,
    }
    assert (row["language"], row["color_schema"], row["timezone"]) == ("English", "Bright", "UTC+8\tAsia/Shanghai")
    assert (row["avatar"], row["last_login_time"], row["login_channel"]) == (None, None, "password")
    assert isinstance(row["create_time"], int)
    assert row["create_date"].endswith(" GMT")
