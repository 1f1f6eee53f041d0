import re
from collections import Counter
from http import HTTPStatus

import pytest
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import EndpointEnumerator, SchemaGenerator
from drf_spectacular.validation import validate_schema
from jsonschema import Draft202012Validator

from tests.described import description, resolved

ROUTES = sorted(
    (method, path) for path, _, method, _ in EndpointEnumerator().get_api_endpoints() if re.match("/(api/)?v1/", path)
)
OPEN = {
    *(("POST", f"/v1/user/{name}") for name in ("register", "login")),
    *(("GET", f"/v1/system/{name}") for name in ("config", "ping", "healthz")),
    ("GET", "/v1/user/login/channels"),
}


@pytest.fixture(scope="module")
def schema():
    return description()


def operation(method, path):
    return description()["paths"][path][method.lower()]


def statuses(method, path):
    return set(map(int, operation(method, path)["responses"]))


def body_of(method, path, status):
    return resolved(operation(method, path)["responses"][str(status)])["content"]["application/json"]["schema"]


def accepts(schema, value):
    return Draft202012Validator({**schema, "components": description()["components"]}).is_valid(value)


def test_the_schema_is_made_without_warnings():
    GENERATOR_STATS.reset()
    with GENERATOR_STATS.silence():
        SchemaGenerator().get_schema(request=None, public=True)

    assert not GENERATOR_STATS._warn_cache
    assert not GENERATOR_STATS._error_cache


def test_it_is_valid_openapi_3_1(schema):
    assert schema["openapi"].startswith("3.1")
    validate_schema(schema)


def test_every_shape_in_it_is_valid_json_schema(schema):
    for shape in schema["components"]["schemas"].values():
        Draft202012Validator.check_schema(shape)


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_every_route_tells_what_it_answers_and_how_it_fails(route):
    found = statuses(*route)

    assert HTTPStatus.OK in found
    assert {400, 500, 503} <= found
    assert all(resolved(one)["content"] for one in operation(*route)["responses"].values())
    assert operation(*route)["summary"].strip()
    assert len(operation(*route)["tags"]) == 1


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_every_route_tells_who_may_call_it(route):
    described = operation(*route)

    assert bool(described.get("security")) != (route in OPEN)
    assert (401 in statuses(*route)) == (route not in OPEN or route == ("POST", "/v1/user/login"))


def test_nothing_is_described_that_is_not_there(schema):
    described = {(method.upper(), path) for path, methods in schema["paths"].items() for method in methods}

    assert {one for one in described if re.match("/(api/)?v1/", one[1])} == set(ROUTES)


def test_names_of_operations_are_unique_and_readable():
    names = Counter(operation(*route)["operationId"] for route in ROUTES)

    assert [name for name, number in names.items() if number > 1] == []
    assert all(re.fullmatch("[a-z][a-z0-9_]*", name) for name in names)
    assert {"datasets_list", "datasets_documents_download", "retrieval", "web_kb_rm", "web_user_login"} <= set(names)


@pytest.mark.parametrize(
    ("route", "tag"),
    [
        (("GET", "/api/v1/datasets"), "datasets"),
        (("GET", "/api/v1/datasets/{dataset_id}/documents"), "documents"),
        (("PUT", "/api/v1/datasets/{dataset_id}/documents/{document_id}"), "documents"),
        (("GET", "/api/v1/datasets/{dataset_id}/documents/{document_id}/chunks"), "chunks"),
        (("GET", "/v1/system/version"), "web: system"),
    ],
    ids=lambda value: "" if isinstance(value, str) else " ".join(value),
)
def test_routes_are_grouped_by_subject(route, tag):
    assert operation(*route)["tags"] == [tag]


@pytest.mark.parametrize(
    ("route", "failures"),
    [
        (("GET", "/api/v1/datasets"), {400, 401, 403, 500, 503}),
        (("POST", "/api/v1/datasets"), {400, 401, 403, 409, 413, 415, 500, 503}),
        (("PUT", "/api/v1/datasets/{dataset_id}"), {400, 401, 403, 404, 409, 413, 415, 500, 503}),
        (("DELETE", "/api/v1/datasets"), {400, 401, 403, 413, 415, 500, 503}),
        (("GET", "/api/v1/datasets/{dataset_id}/documents"), {400, 401, 404, 500, 503}),
        (("POST", "/api/v1/datasets/{dataset_id}/chunks"), {400, 401, 403, 404, 409, 413, 429, 500, 503}),
        (("GET", "/v1/system/ping"), {400, 500, 503}),
        (("GET", "/v1/system/token_list"), {400, 401, 404, 500, 503}),
        (("POST", "/v1/user/login"), {400, 401, 403, 413, 429, 500, 503}),
        (("POST", "/v1/document/rename"), {400, 401, 403, 404, 409, 413, 500, 503}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_the_failures_are_those_of_the_route(route, failures):
    assert statuses(*route) - {200} == failures


@pytest.mark.parametrize(
    ("route", "required"),
    [
        (("POST", "/api/v1/datasets"), True),
        (("DELETE", "/api/v1/datasets"), True),
        (("DELETE", "/api/v1/datasets/{dataset_id}/documents"), False),
        (("DELETE", "/api/v1/datasets/{dataset_id}/documents/{document_id}/chunks"), False),
        (("POST", "/api/v1/retrieval"), False),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_body_is_required_where_a_missing_one_is_an_error_of_its_own(route, required):
    assert operation(*route)["requestBody"].get("required", False) is required


R, W = ("GET", "/api/v1/datasets"), ("GET", "/v1/system/version")


@pytest.mark.parametrize(
    ("route", "status", "body"),
    [
        (R, 200, {"code": 0, "data": [], "total_datasets": 0}),
        (R, 400, {"code": 101, "message": "x"}),
        (R, 400, {"code": 100, "message": "x", "data": None}),
        (R, 401, {"code": 0, "message": "x", "data": False}),
        (R, 401, {"code": 109, "message": "x", "data": False}),
        (W, 200, {"code": 0, "message": "success", "data": "v0.22.1"}),
        (W, 400, {"code": 102, "message": "x", "data": False}),
        (W, 401, {"code": 401, "message": "x", "data": None}),
        (("DELETE", "/api/v1/datasets"), 200, {"code": 0}),
        (("DELETE", "/api/v1/datasets/{dataset_id}/documents"), 200, {"code": 0}),
        (("DELETE", "/v1/system/token/{token}"), 200, {"code": 0, "message": "success", "data": True}),
    ],
)
def test_answers_are_described_in_their_envelope(route, status, body):
    assert accepts(body_of(*route, status), body)


@pytest.mark.parametrize(
    ("route", "status", "body"),
    [
        (R, 200, {"code": 0, "data": [], "total_datasets": 0, "message": "success"}),
        (R, 200, {"code": 0, "total_datasets": 0}),
        (R, 403, {"code": 108, "message": "x", "data": False}),
        (R, 403, {"code": 0, "message": "x"}),
        (R, 401, {"code": 109, "message": "x"}),
        (W, 200, {"code": 0, "data": "v0.22.1"}),
        (W, 400, {"code": 102, "message": "x"}),
        (("DELETE", "/api/v1/datasets"), 200, {"code": 0, "data": True}),
    ],
)
def test_an_envelope_of_the_other_api_is_not_what_is_described(route, status, body):
    assert not accepts(body_of(*route, status), body)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/schema", "/api/docs", "/api/docs/"])
def test_schema_and_docs_are_open(client, path):
    assert client.get(path).status_code == 200


@pytest.mark.django_db
def test_the_docs_load_nothing_from_elsewhere(client):
    page = client.get("/api/docs").content.decode()

    assert "swagger-ui" in page
    assert "//cdn" not in page
