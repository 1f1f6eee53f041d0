import pytest
from django.test import Client

from system.models import Scope
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db

URL = "/api/v1/datasets"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "TRACE", "BREW"])
def test_a_method_without_handler_is_told_before_credentials_are_asked(anonymous, method):
    response = anonymous.generic(method, URL)

    assert response.status_code == 405
    assert response.json() == {"code": 100, "message": "<MethodNotAllowed '405: Method Not Allowed'>", "data": None}


@pytest.mark.parametrize("path", [f"{URL}?name=%00", f"{URL}/%00", "/v1/system/token/%00"])
def test_a_nul_in_an_address_reaches_no_query(api, web, path):
    client = web if path.startswith("/v1") else api
    method = client.get if "?" in path else client.put if path.startswith(URL) else client.delete

    assert method(path).status_code == 400


def test_a_nul_is_told_after_credentials_are_asked(anonymous):
    assert anonymous.get(f"{URL}?name=%00").status_code == 401


def test_head_is_get_without_body(api):
    response = api.head(URL)

    assert (response.status_code, response.content) == (200, b"")


def test_a_user_who_may_not_open_the_console_logs_in_to_the_browsable_api(owner):
    client = Client()

    form = client.get("/api/login?next=/api/v1/datasets")
    login = client.post("/api/login?next=/api/v1/datasets", {"username": owner.email, "password": PASSWORD})
    page = client.get(URL, headers={"Accept": "text/html"})
    logout = client.post("/api/logout")

    assert form.status_code == 200
    assert (login.status_code, login["Location"]) == (302, URL)
    assert page.status_code == 200
    assert owner.email.encode() in page.content
    assert logout.status_code == 302
    assert client.get(URL).status_code == 401


def test_options_need_no_more_than_reading(api_as, owner):
    assert api_as(owner, scopes=[Scope.READ]).options(URL).status_code == 200
