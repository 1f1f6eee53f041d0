"""Bodies of the REST routes that know no strict ones (contract A.6)."""

import pytest

from tests.contract.answers import exception, failure
from tests.factories import DocumentFactory

pytestmark = pytest.mark.django_db

# What each route makes of an empty object.
ROUTES = {
    "update": ("put", "/documents/{document}", None),
    "delete": ("delete", "/documents", None),
    "start": ("post", "/chunks", failure(102, "`document_ids` is required")),
    "stop": ("delete", "/chunks", failure(102, "`document_ids` is required")),
    "add": ("post", "/documents/{document}/chunks", failure(102, "`content` is required")),
    "remove": ("delete", "/documents/{document}/chunks", None),
    "retrieval": ("post", "", failure(102, "`dataset_ids` is required.")),
}
LACKING = {
    "absent": ("", ""),
    "empty": ("", "application/json"),
    "no-json": ("not json", "application/json"),
    "cut": ('{"ids": ["a"', "application/json"),
    "text": ('{"ids": ["a"]}', "text/plain"),
    "form": ("ids=a", "application/x-www-form-urlencoded"),
    "null": ("null", "application/json"),
    "list": ("[]", "application/json"),
    "false": ("false", "application/json"),
}


@pytest.fixture
def call(api, kb):
    """Send raw bytes to a route; returns the answer."""

    def call(route, raw, content_type):
        method, path, _ = ROUTES[route]
        document = kb.documents.first() or DocumentFactory(kb=kb)
        url = f"/api/v1/datasets/{kb.pk}{path.format(document=document.pk)}" if path else "/api/v1/retrieval"
        return api.generic(method.upper(), url, raw, content_type=content_type)

    return call


@pytest.mark.parametrize("lacking", LACKING)
@pytest.mark.parametrize("route", ROUTES)
def test_what_is_no_json_counts_as_an_empty_object(call, route, lacking):
    answer = call(route, *LACKING[lacking])

    refused = ROUTES[route][2]
    if refused is None:
        assert (answer.status_code, answer.json()["code"]) == (200, 0)
    else:
        assert (answer.status_code, answer.json()) == (400, refused)


@pytest.mark.parametrize(
    ("raw", "kind"), [('"not json"', "str"), ("[1]", "list"), ("7", "int"), ("1.5", "float"), ("true", "bool")]
)
@pytest.mark.parametrize("route", ROUTES)
def test_json_that_is_no_object_is_told_as_an_exception(call, kb, route, raw, kind):
    answer = call(route, raw, "application/json")

    text = f"""AttributeError("'{kind}' object has no attribute 'get'")"""
    assert (answer.status_code, answer.json()) == (400, exception(text))
    assert kb.refresh().doc_num == 1


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "application/merge-patch+json", "APPLICATION/JSON"]
)
def test_json_goes_by_several_names(call, content_type):
    answer = call("start", '{"document_ids": ["x"]}', content_type)

    assert answer.json() == failure(102, "Documents not found: ['x']")


@pytest.mark.parametrize(
    "raw",
    ['{"ids": ["\\u0000"]}', '{"ids": ["\\ud800"]}', '{"ids": [1e999]}', '{"ids": ' + "[" * 70 + "]" * 70 + "}"],
    ids=["nul", "surrogate", "infinite", "deep"],
)
@pytest.mark.parametrize("route", ROUTES)
def test_hostile_json_is_refused_and_does_nothing(call, kb, route, raw):
    answer = call(route, raw, "application/json")

    assert (answer.status_code, answer.json()["code"]) == (400, 101)
    assert kb.refresh().doc_num == 1


@pytest.mark.parametrize("path", ["", "/{kb}/documents", "/{kb}/documents/{document}/chunks"])
@pytest.mark.parametrize("raw", ["not json", '{"page": "x"}', '"a"'])
def test_the_body_of_a_list_is_not_read(api, kb, path, raw):
    url = "/api/v1/datasets" + path.format(kb=kb.pk, document=DocumentFactory(kb=kb).pk)

    answer = api.generic("GET", url, raw, content_type="application/json")

    assert (answer.status_code, answer.json()["code"]) == (200, 0)
