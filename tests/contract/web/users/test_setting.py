import pytest

from system.models import User

pytestmark = pytest.mark.django_db

DONE = {"code": 0, "message": "success", "data": True}
CHANGES = {
    "nickname": "Anna",
    "avatar": "data:image/png;base64,AAAA",
    "language": "Chinese",
    "color_schema": "Dark",
    "timezone": "UTC+1\tEurope/Berlin",
}
KEPT = {
    "id": "0" * 32,
    "access_token": "f" * 32,
    "email": "other@example.org",
    "status": "0",
    "is_superuser": True,
    "login_channel": "github",
    "is_anonymous": "1",
    "is_active": "0",
    "is_authenticated": "0",
    "last_login_time": "Tue, 11 Mar 2025 13:37:23 GMT",
    "create_time": 1,
    "update_date": None,
}


def test_what_is_sent_changes_and_the_rest_stays(change, web, owner):
    before = web.get("/v1/user/info").json()["data"]

    answer = change(nickname="Anna", language="Chinese")

    after = web.get("/v1/user/info").json()["data"]
    assert answer.json() == DONE
    assert {key for key in after if after[key] != before[key]} <= {"nickname", "language", "update_time", "update_date"}
    assert (after["nickname"], after["language"]) == ("Anna", "Chinese")


@pytest.mark.parametrize("name", CHANGES)
def test_every_column_of_ones_own_can_be_set(change, web, name):
    assert change(**{name: CHANGES[name]}).json() == DONE
    assert web.get("/v1/user/info").json()["data"][name] == CHANGES[name]


def test_an_avatar_can_be_taken_off(change, owner):
    change(avatar="data:image/png;base64,AAAA")

    assert change(avatar=None).json() == DONE
    owner.refresh_from_db()
    assert owner.avatar is None


def test_form_fields_will_do(web, owner):
    assert web.post("/v1/user/setting", {"nickname": "Anna"}, format="multipart").json() == DONE
    owner.refresh_from_db()
    assert owner.nickname == "Anna"


@pytest.mark.parametrize("raw", ["", "{}", "not json", "[1]", "null"])
def test_nothing_to_change_is_no_harm(web, raw):
    assert web.generic("POST", "/v1/user/setting", raw, content_type="application/json").json() == DONE


@pytest.mark.parametrize("name", KEPT)
def test_columns_that_are_not_the_users_to_set_are_passed_over(change, owner, name):
    before = User.objects.values().get(pk=owner.pk)

    assert change(**{name: KEPT[name], "language": "Chinese"}).json() == DONE

    after = User.objects.values().get(pk=owner.pk)
    assert {key for key in after if after[key] != before[key]} == {"language", "updated_at"}


@pytest.mark.parametrize("name", ["is_staff", "nick", "groups", "tenant", "created_at", "pk"])
def test_what_is_no_column_fails_the_whole_change(change, owner, name):
    answer = change(**{name: "x", "nickname": "Anna"})

    assert (answer.status_code, answer.json()) == (400, {"code": 100, "message": "Update failure!", "data": None})
    owner.refresh_from_db()
    assert owner.nickname == "owner"


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("nickname", 1, "Input should be a valid string"),
        ("nickname", None, "Input should be a valid string"),
        ("nickname", "n" * 101, "String should have at most 100 characters"),
        ("avatar", "a" * 65_536, "String should have at most 65535 characters"),
        ("avatar", ["a"], "Input should be a valid string"),
        ("language", "l" * 33, "String should have at most 32 characters"),
        ("language", "", "String should have at least 1 character"),
        ("color_schema", "c" * 33, "String should have at most 32 characters"),
        ("timezone", "t" * 65, "String should have at most 64 characters"),
        ("timezone", {}, "Input should be a valid string"),
    ],
    ids=lambda value: str(value)[:16],
)
def test_a_value_that_no_column_takes_fails_the_whole_change(change, owner, name, value, text):
    other = "language" if name == "nickname" else "nickname"

    answer = change(**{name: value, other: "Anna"})

    assert answer.status_code == 400
    assert answer.json()["code"] == 101
    assert answer.json()["message"].startswith(f"Field: <{name}> - Message: <{text}> - Value: <")
    owner.refresh_from_db()
    assert getattr(owner, other) != "Anna"
