import pytest

from system import accounts
from system.models import User
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db

UNAUTHORIZED = {"code": 401, "message": "<Unauthorized '401: Unauthorized'>", "data": None}


def test_logging_out_ends_the_session(web, owner):
    answer = web.get("/v1/user/logout")

    assert (answer.status_code, answer.json()) == (200, {"code": 0, "message": "success", "data": True})
    after = web.get("/v1/user/info")
    assert (after.status_code, after.json()) == (401, UNAUTHORIZED)
    owner.refresh_from_db()
    assert owner.access_token.startswith("INVALID_")
    assert len(owner.access_token) == len("INVALID_") + 32


def test_a_logout_that_comes_late_leaves_the_next_session_alone(owner):
    late = User.objects.get(pk=owner.pk)
    accounts.open_session(owner)

    accounts.close_session(late)

    assert User.objects.get(pk=owner.pk).access_token == owner.access_token


def test_logging_out_leaves_the_sessions_of_others_alone(web, web_as, stranger):
    web.get("/v1/user/logout")

    assert web_as(stranger).get("/v1/user/info").json()["code"] == 0


def test_who_logged_out_logs_in_again(web, anonymous, owner):
    web.get("/v1/user/logout")

    answer = anonymous.post("/v1/user/login", {"email": owner.email, "password": PASSWORD}, format="json")

    session = {"Authorization": answer["Authorization"]}
    assert anonymous.get("/v1/user/info", headers=session).json()["data"]["id"] == owner.pk


def test_no_account_of_another_site_opens_this_one(anonymous):
    answer = anonymous.get("/v1/user/login/channels")

    assert answer.json() == {"code": 0, "message": "success", "data": []}


@pytest.mark.parametrize("path", ["forget", "forget/otp", "forget/captcha"])
def test_passwords_are_not_reset_by_mail(anonymous, path):
    assert anonymous.post(f"/v1/user/{path}").json()["message"] == "<NotFound '404: Not Found'>"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "user/logout"),
        ("get", "user/info"),
        ("post", "user/setting"),
        ("get", "user/tenant_info"),
        ("post", "user/set_tenant_info"),
        ("get", "tenant/list"),
        ("get", "tenant/x/user/list"),
        ("post", "tenant/x/user"),
        ("put", "tenant/agree/x"),
        ("delete", "tenant/x/user/y"),
        ("post", "api/new_token"),
        ("get", "api/token_list"),
        ("post", "api/rm"),
        ("get", "api/stats"),
        ("get", "llm/my_llms"),
        ("post", "llm/set_api_key"),
    ],
)
def test_without_a_session_nothing_is_answered(anonymous, method, path):
    answer = getattr(anonymous, method)(f"/v1/{path}")

    assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)
