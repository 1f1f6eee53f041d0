"""Paths with empty ids, runs of slashes and trailing ones (contract A.3, A.4)."""

import pytest

from tests.contract.answers import exception, failure

pytestmark = pytest.mark.django_db

NO_ROUTE = (404, exception("<NotFound '404: Not Found'>"))
NO_METHOD = (405, exception("<MethodNotAllowed '405: Method Not Allowed'>"))
# The table of A.4; `D` is a dataset of the caller, `X` and `C` are nothing.
ROWS = [
    ("get", "/datasets//documents", NO_METHOD),
    ("post", "/datasets//documents", NO_METHOD),
    ("delete", "/datasets//documents", NO_METHOD),
    ("post", "/datasets//chunks", NO_METHOD),
    ("delete", "/datasets//chunks", NO_METHOD),
    ("put", "/datasets/D/documents/", NO_METHOD),
    ("put", "/datasets//documents/X", NO_ROUTE),
    ("get", "/datasets//documents/X", NO_ROUTE),
    ("post", "/datasets/D/documents//chunks", NO_METHOD),
    ("delete", "/datasets/D/documents//chunks", NO_METHOD),
    ("post", "/datasets//documents/X/chunks", NO_ROUTE),
    ("get", "/datasets//documents/X/chunks", NO_ROUTE),
    ("delete", "/datasets//documents/X/chunks", NO_ROUTE),
    ("put", "/datasets/D/documents//chunks/C", NO_ROUTE),
    ("put", "/datasets//documents/X/chunks/C", NO_ROUTE),
    ("put", "/datasets/D/documents/X/chunks/", NO_METHOD),
    ("put", "/datasets/", NO_METHOD),
    ("get", "/retrieval", NO_METHOD),
    ("get", "/nothing", NO_ROUTE),
    ("post", "/datasets/D/nothing", NO_ROUTE),
    ("get", "/", NO_ROUTE),
    ("patch", "/datasets", NO_METHOD),
    ("put", "/datasets/D/chunks", NO_METHOD),
    ("patch", "/datasets/D/documents/X", NO_METHOD),
]


@pytest.mark.parametrize("caller", ["owner", "nobody"])
@pytest.mark.parametrize(("method", "path", "expected"), ROWS, ids=[f"{row[0]} {row[1]}" for row in ROWS])
def test_a_path_without_a_handler_is_told_to_everybody(api, anonymous, kb, caller, method, path, expected):
    client = {"owner": api, "nobody": anonymous}[caller]

    answer = getattr(client, method)(f"/api/v1{path.replace('D', kb.pk)}", {}, format="json")

    assert (answer.status_code, answer.json()) == expected


def test_a_list_of_chunks_without_a_document_is_a_download(api, kb):
    answer = api.get(f"/api/v1/datasets/{kb.pk}/documents//chunks")

    assert (answer.status_code, answer.json()) == (404, failure(102, "The dataset not own the document chunks."))


@pytest.mark.parametrize("path", ["/api/v1/datasets/", "/api//v1/datasets", "//api/v1/datasets", "/api/v1/datasets///"])
def test_slashes_more_or_less_change_nothing(api, kb, path):
    answer = api.get("/", PATH_INFO=path)  # the client itself would take //api for a host

    assert (answer.status_code, [row["id"] for row in answer.json()["data"]]) == (200, [kb.pk])


def test_a_trailing_slash_costs_no_redirect_and_no_body(api, kb):
    answer = api.put(f"/api/v1/datasets/{kb.pk}/", {"name": "renamed"}, format="json")

    assert (answer.status_code, answer.json()["data"]["name"]) == (200, "renamed")


@pytest.mark.parametrize("path", ["/v1/nothing", "/api/v2/datasets", "/api", "/v1"])
def test_an_unknown_path_of_either_api_is_told_alike(anonymous, path):
    answer = anonymous.get(path)

    assert (answer.status_code, answer.json()) == NO_ROUTE
