"""What a token's scopes keep it from, on every route of the URLconf."""

import re

import pytest
from drf_spectacular.generators import EndpointEnumerator

from system.models import Scope

pytestmark = pytest.mark.django_db

REFUSED = "This API token does not have the scope that the request needs; issue one that may `{}`."
SAFE = {"GET", "HEAD", "OPTIONS"}
READS = {("POST", "/api/v1/retrieval"), ("POST", "/api/v1/dify/retrieval")}  # they change nothing
ADMIN = {("DELETE", "/api/v1/datasets")}

ROUTES = sorted(
    (method, path)
    for path, _, method, _ in EndpointEnumerator().get_api_endpoints()
    if path.startswith("/api/v1/") and method not in SAFE
)
WRITES = [route for route in ROUTES if route not in READS]


def call(client, route):
    method, path = route
    return client.generic(method, re.sub(r"{\w+}", "0" * 32, path))


def test_the_routes_are_found():
    assert {("POST", "/api/v1/datasets"), *READS, *ADMIN} <= set(ROUTES)


@pytest.mark.parametrize("route", WRITES, ids=" ".join)
def test_a_token_that_reads_cannot_write(api_as, owner, route):
    answer = call(api_as(owner, scopes=[Scope.READ]), route)

    needed = "admin" if route in ADMIN else "write"
    assert (answer.status_code, answer.json()) == (403, {"code": 108, "message": REFUSED.format(needed)})


@pytest.mark.parametrize("route", sorted(READS), ids=" ".join)
def test_a_token_that_reads_can_search(api_as, owner, route):
    assert call(api_as(owner, scopes=[Scope.READ]), route).status_code == 400  # it came to the empty body


@pytest.mark.parametrize("route", WRITES, ids=" ".join)
def test_what_a_token_that_writes_cannot_do_is_known(api_as, owner, route):
    answer = call(api_as(owner, scopes=[Scope.WRITE]), route)

    assert (answer.json()["code"] == 108) == (route in ADMIN)


def test_a_token_of_the_compatible_route_may_do_everything(web, anonymous):
    value = web.post("/v1/system/new_token").json()["data"]["token"]
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {value}")

    answers = [anonymous.post("/api/v1/datasets", {"name": "x"}, format="json")]
    answers += [anonymous.delete("/api/v1/datasets", {"ids": None}, format="json")]

    assert [answer.json()["code"] for answer in answers] == [0, 0]
