"""Bodies of the dataset routes, rule by rule of the contract (A.8)."""

import pytest

from knowledgebases.models import Knowledgebase
from tests.contract.answers import DATASETS, failure, violation

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("method", ["post", "put", "delete"])
@pytest.mark.parametrize(
    ("content_type", "raw", "status", "message"),
    [
        ("text/xml", "<a/>", 415, "Unsupported content type: Expected application/json, got text/xml"),
        (None, "{}", 415, "Unsupported content type: Expected application/json, got None"),
        (
            "application/json",
            "a",
            400,
            "Malformed JSON syntax: Missing commas/brackets or invalid encoding",
        ),
        ("application/json", "", 400, "Malformed JSON syntax: Missing commas/brackets or invalid encoding"),
        ("application/json", "{'a': 1}", 400, "Malformed JSON syntax: Missing commas/brackets or invalid encoding"),
        (
            "application/json",
            '{"name": NaN}',
            400,
            "Malformed JSON syntax: Missing commas/brackets or invalid encoding",
        ),
        ("application/json", '"a"', 400, "Invalid request payload: expected object, got str"),
        ("application/json", "[1]", 400, "Invalid request payload: expected object, got list"),
        ("application/json", "7", 400, "Invalid request payload: expected object, got int"),
        ("application/json", "0.5", 400, "Invalid request payload: expected object, got float"),
        ("application/json", "true", 400, "Invalid request payload: expected object, got bool"),
        (
            "multipart/form-data; boundary=b",
            "{}",
            415,
            "Unsupported content type: Expected application/json, got multipart/form-data; boundary=b",
        ),
        ("application/problem+json; charset=utf-8", "[1]", 400, "Invalid request payload: expected object, got list"),
    ],
    ids=[
        "xml",
        "no type",
        "no json",
        "empty",
        "python",
        "nan",
        "string",
        "list",
        "number",
        "float",
        "boolean",
        "form",
        "+json",
    ],
)
def test_a_body_that_is_no_json_object_is_refused(api, kb, method, content_type, raw, status, message):
    environ = {"CONTENT_TYPE": content_type or ""}

    url = f"{DATASETS}/{kb.pk}" if method == "put" else DATASETS
    response = api.generic(method.upper(), url, raw, content_type=content_type or "", **environ)

    assert response.json() == {"code": 101, "message": message}
    assert response.status_code == status


@pytest.mark.parametrize("raw", ["null", "[]", '""', "0", "false", "{}"])
def test_falsy_json_counts_as_an_empty_object(api, kb, raw):
    created = api.generic("POST", DATASETS, raw, content_type="application/json")
    deleted = api.generic("DELETE", DATASETS, raw, content_type="application/json")
    changed = api.generic("PUT", f"{DATASETS}/{kb.pk}", raw, content_type="application/json")

    assert created.json() == failure(101, violation("name", "Field required", "{}"))
    assert deleted.json() == failure(101, violation("ids", "Field required", "{}"))
    assert changed.json() == failure(101, "No properties were modified")


@pytest.mark.parametrize(
    "raw",
    [
        '{"name": "a\\u0000b"}',
        '{"name": "\\ud800"}',
        '{"name": "x", "similarity": 1e999}',
        '{"name": ' + "[" * 70 + "]" * 70 + "}",
        '{"name": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"name": ' + "9" * 5000 + "}",
    ],
    ids=["nul", "surrogate", "infinite", "deep", "very deep", "digits"],
)
def test_hostile_json_writes_nothing(api, raw):
    response = api.generic("POST", DATASETS, raw, content_type="application/json")

    assert response.status_code == 400
    assert response.json()["code"] == 101
    assert not Knowledgebase.objects.exists()


def test_a_body_beyond_the_limit_is_refused(create, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000

    response = create(description="x" * 2000)

    assert response.status_code == 413
    assert set(response.json()) == {"code", "message"}
