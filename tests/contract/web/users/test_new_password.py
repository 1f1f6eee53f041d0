import pytest
from axes.models import AccessAttempt

from system.models import User
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db

DONE = {"code": 0, "message": "success", "data": True}
REFUSED = {"code": 109, "message": "Password error!", "data": None}
NEW = "another good password"


def login(client, user, password):
    return client.post("/v1/user/login", {"email": user.email, "password": password}, format="json").json()["code"]


def test_a_new_password_takes_the_place_of_the_old_one(change, anonymous, owner):
    assert change(password=PASSWORD, new_password=NEW).json() == DONE

    assert login(anonymous, owner, PASSWORD) == 109
    assert login(anonymous, owner, NEW) == 0


def test_the_session_that_changed_the_password_lives_on(change, web, owner):
    change(password=PASSWORD, new_password=NEW)

    assert web.get("/v1/user/info").json()["data"]["access_token"] == owner.access_token


def test_sessions_of_the_console_end_with_the_old_password(change, console_as, owner):
    browser = console_as(owner)
    assert browser.get("/api/v1/datasets").status_code == 200

    change(password=PASSWORD, new_password=NEW)

    assert browser.get("/api/v1/datasets").status_code in {401, 403}


def test_other_settings_may_come_along(change, owner):
    assert change(password=PASSWORD, new_password=NEW, nickname="Anna").json() == DONE

    owner.refresh_from_db()
    assert owner.nickname == "Anna"
    assert owner.check_password(NEW)


@pytest.mark.parametrize(
    "body",
    [
        {"password": "wrong", "new_password": NEW},
        {"password": "wrong"},
        {"password": [PASSWORD], "new_password": NEW},
        {"password": 1},
        {"new_password": NEW},
        {"password": "", "new_password": NEW},
        {"password": None, "new_password": NEW},
    ],
    ids=["wrong", "wrong, nothing new", "list", "number", "absent", "empty", "null"],
)
def test_without_the_old_password_nothing_changes(change, owner, body):
    answer = change(**body, nickname="Anna")

    assert (answer.status_code, answer.json()) == (401, REFUSED)
    before = User.objects.get(pk=owner.pk)
    assert (before.password, before.nickname) == (owner.password, "owner")


@pytest.mark.parametrize("body", [{}, {"new_password": ""}, {"new_password": None}], ids=["absent", "empty", "null"])
def test_the_old_password_alone_changes_nothing(change, owner, body):
    assert change(password=PASSWORD, **body).json() == DONE
    assert User.objects.get(pk=owner.pk).password == owner.password


@pytest.mark.parametrize("new", ["short", ["a list of a password"], "x" * 4097], ids=["short", "list", "long"])
def test_a_password_that_will_not_do_is_refused(change, owner, new):
    answer = change(password=PASSWORD, new_password=new, nickname="Anna")

    assert (answer.status_code, answer.json()["code"]) == (400, 101)
    before = User.objects.get(pk=owner.pk)
    assert (before.password, before.nickname) == (owner.password, "owner")


def test_a_stolen_session_cannot_try_passwords_for_long(change):
    answers = [change(password="wrong") for _ in range(6)]
    right = change(password=PASSWORD, new_password=NEW)

    assert [answer.status_code for answer in answers[:4]] == [401] * 4
    assert (right.status_code, right.json()["code"]) == (429, 103)
    assert int(right["Retry-After"]) > 0


def test_who_failed_to_change_the_password_may_still_log_in(change, anonymous, owner):
    for _ in range(6):
        change(password="wrong")

    assert login(anonymous, owner, PASSWORD) == 0


def test_the_record_of_failures_holds_no_password(web):
    form = {"password": "an old secret", "new_password": "a new secret"}

    web.post("/v1/user/setting", form, format="multipart")

    (attempt,) = AccessAttempt.objects.values()
    assert "secret" not in str(attempt)
