import pytest
from django.test import RequestFactory

from system.rest import fallbacks

pytestmark = pytest.mark.django_db

NO_ROUTE = {"code": 100, "message": "<NotFound '404: Not Found'>", "data": None}


@pytest.mark.parametrize("path", ["/api", "/api/v1", "/api/v1/nothing", "/v1/nothing/here", "/v1", "/api/v2/datasets"])
@pytest.mark.parametrize("method", ["get", "post", "delete"])
@pytest.mark.parametrize("debug", [True, False])
def test_unknown_routes_are_told_before_credentials_are_asked(anonymous, settings, path, method, debug):
    settings.DEBUG = debug

    response = getattr(anonymous, method)(path)

    assert response.json() == NO_ROUTE
    assert response.status_code == 404


def test_the_reference_manner_answers_200(anonymous, settings):
    settings.RAG_HTTP_STATUS = "reference"

    response = anonymous.get("/api/v1/nothing")

    assert (response.status_code, response.json()) == (200, NO_ROUTE)


def test_other_paths_get_pages(client):
    response = client.get("/nothing")

    assert response.status_code == 404
    assert response["Content-Type"].startswith("text/html")


def test_a_host_that_is_not_allowed_gets_json(anonymous, settings):
    settings.ALLOWED_HOSTS = ["example.org"]

    response = anonymous.get("/api/v1/nothing/../x", headers={"Host": "evil.example"})

    assert response["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("handler", "status"),
    [
        (lambda request: fallbacks.bad_request(request, Exception()), 400),
        (lambda request: fallbacks.forbidden(request, Exception()), 403),
        (lambda request: fallbacks.not_found(request, Exception()), 404),
        (fallbacks.server_error, 500),
    ],
    ids=["400", "403", "404", "500"],
)
def test_errors_outside_views_come_as_json_to_api_paths_and_as_pages_to_others(handler, status):
    api, page = (handler(RequestFactory().get(path)) for path in ("/api/v1/datasets", "/admin/"))

    assert api.status_code == page.status_code == status
    assert api["Content-Type"] == "application/json"
    assert page["Content-Type"].startswith("text/html")
