from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from system.models import APIToken, User
from system.rest.authentication import session_token
from tests.factories import PASSWORD, APITokenFactory, KnowledgebaseFactory

pytestmark = pytest.mark.django_db

URL, WEB_URL = "/api/v1/datasets", "/v1/system/version"
INVALID = {"code": 109, "message": "Authentication error: API key is invalid!", "data": False}


@pytest.mark.parametrize(
    ("header", "body"),
    [
        (None, {"code": 0, "message": "`Authorization` can't be empty", "data": False}),
        ("", {"code": 0, "message": "`Authorization` can't be empty", "data": False}),
        ("ragflow-x", {"code": 0, "message": "Please check your authorization format.", "data": False}),
        ("Bearer ", {"code": 0, "message": "Please check your authorization format.", "data": False}),
        ("Bearer ragflow-unknown", INVALID),
        ("Bearer \u00e4\u00f6", INVALID),
    ],
    ids=["none", "empty", "one word", "no token", "unknown", "not ascii"],
)
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_who_has_no_good_token_is_refused(anonymous, method, header, body):
    headers = {} if header is None else {"HTTP_AUTHORIZATION": header.encode().decode("latin-1")}

    response = getattr(anonymous, method)(URL, **headers)

    assert response.json() == body
    assert response.status_code == 401


def test_any_first_word_will_do(anonymous, owner):
    value = APITokenFactory(tenant=owner.tenant).value

    assert anonymous.get(URL, HTTP_AUTHORIZATION=f"whatever {value}").status_code == 200


@pytest.mark.parametrize("what", ["revoked", "expired", "disabled owner", "deleted"])
def test_a_token_that_does_not_work_any_more_is_as_good_as_none(api, owner, what):
    assert api.get(URL).status_code == 200
    token = APIToken.objects.get()
    if what == "revoked":
        token.revoke()
    elif what == "expired":
        APIToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif what == "disabled owner":
        User.objects.filter(pk=owner.pk).update(is_active=False)
    else:
        token.delete()

    assert api.get(URL).json() == INVALID


def test_a_rotated_token_works_for_the_overlap(anonymous, owner):
    token = APITokenFactory(tenant=owner.tenant)
    old = token.value
    new = token.rotate()

    for value in (old, new):
        assert anonymous.get(URL, HTTP_AUTHORIZATION=f"Bearer {value}").status_code == 200


def test_the_use_of_a_token_is_noted(api):
    api.get(URL, REMOTE_ADDR="192.0.2.1")

    token = APIToken.objects.get()
    assert token.last_ip == "192.0.2.1"
    assert token.last_used_at is not None


def test_credentials_are_checked_before_the_body(anonymous):
    response = anonymous.generic("POST", URL, "not json", content_type="text/xml")

    assert response.status_code == 401


# --- sessions of the console ------------------------------------------------------------------------------------------


@pytest.fixture
def console(owner):
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_a_session_of_the_console_may_read(console, owner):
    KnowledgebaseFactory(owner=owner)

    assert console.get(URL).json()["total_datasets"] == 1


def test_a_session_of_the_console_writes_with_the_csrf_header_only(console):
    body = {"data": {"name": "x"}, "content_type": "application/json"}
    without = console.post(URL, **body)
    console.cookies["csrftoken"] = "a" * 32
    with_header = console.post(URL, **body, headers={"X-CSRFToken": "a" * 32})

    assert (without.status_code, without.json()["code"]) == (403, 108)
    assert "CSRF" in without.json()["message"]
    assert with_header.json()["code"] == 0


def test_a_csrf_field_in_a_form_is_no_proof(console):
    console.cookies["csrftoken"] = "a" * 32

    response = console.post(URL, {"csrfmiddlewaretoken": "a" * 32, "name": "x"})

    assert response.status_code == 403


def test_a_cookie_does_not_help_a_bad_token(console):
    assert console.get(URL, headers={"Authorization": "Bearer ragflow-unknown"}).json() == INVALID


# --- sessions of the web API ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["{}", "Bearer {}", " bearer  {} "])
def test_a_session_token_opens_the_web_api(anonymous, owner, form):
    response = anonymous.get(WEB_URL, HTTP_AUTHORIZATION=form.format(session_token(owner)))

    assert response.json()["code"] == 0


@pytest.mark.parametrize(
    "forge",
    [
        lambda user: "",
        lambda user: user.access_token,
        lambda user: session_token(user)[:-1],
        lambda user: session_token(user) + "x",
        lambda user: "INVALID_" + session_token(user),
        lambda user: f"Basic {session_token(user)}",
        lambda user: APITokenFactory(tenant=user.tenant).value,
    ],
    ids=["none", "unsigned", "short", "long", "logged out", "other scheme", "API token"],
)
def test_anything_else_does_not(anonymous, owner, forge):
    response = anonymous.get(WEB_URL, HTTP_AUTHORIZATION=forge(owner))

    assert response.json() == {"code": 401, "message": "<Unauthorized '401: Unauthorized'>", "data": None}
    assert response.status_code == 401


def test_a_disabled_user_has_no_session(web, owner):
    User.objects.filter(pk=owner.pk).update(is_active=False)

    assert web.get(WEB_URL).status_code == 401


def test_cookies_do_not_open_the_web_api(console):
    assert console.get(WEB_URL).status_code == 401


def test_a_session_token_does_not_open_the_rest_api(anonymous, owner):
    assert anonymous.get(URL, HTTP_AUTHORIZATION=f"Bearer {session_token(owner)}").json() == INVALID


def test_password_is_no_token(anonymous, owner):
    assert anonymous.get(URL, HTTP_AUTHORIZATION=f"Bearer {PASSWORD}").json() == INVALID
