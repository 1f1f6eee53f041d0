import pytest
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

DATASET = "/api/v1/datasets/{dataset_id}"
DOCUMENT = DATASET + "/documents/{document_id}"


@pytest.fixture(scope="module")
def schema():
    with GENERATOR_STATS.silence():
        return SchemaGenerator().get_schema(request=None, public=True)


def test_the_description_is_valid(schema):
    validate_schema(schema)


@pytest.mark.parametrize(
    ("path", "method", "request_type"),
    [
        (f"{DATASET}/documents", "get", None),
        (f"{DATASET}/documents", "post", "multipart/form-data"),
        (f"{DATASET}/documents", "delete", "application/json"),
        (DOCUMENT, "get", None),
        (DOCUMENT, "put", "application/json"),
        (f"{DATASET}/chunks", "post", "application/json"),
        (f"{DATASET}/chunks", "delete", "application/json"),
        (f"{DOCUMENT}/chunks", "get", None),
        (f"{DOCUMENT}/chunks", "post", "application/json"),
        (f"{DOCUMENT}/chunks", "delete", "application/json"),
        (DOCUMENT + "/chunks/{chunk_id}", "put", "application/json"),
        ("/api/v1/retrieval", "post", "application/json"),
        ("/api/v1/dify/retrieval", "post", "application/json"),
    ],
)
def test_every_route_is_described_with_request_answer_and_failure(schema, path, method, request_type):
    operation = schema["paths"][path][method]

    assert operation["summary"]
    assert {"200", "400"} <= set(operation["responses"])
    assert list(operation.get("requestBody", {}).get("content", {})) == ([request_type] if request_type else [])


def test_an_answer_without_an_envelope_is_described_as_it_is(schema):
    answer = schema["paths"]["/api/v1/dify/retrieval"]["post"]["responses"]["200"]["content"]["application/json"]

    assert answer["schema"] == {"$ref": "#/components/schemas/Records"}


def test_pages_are_described_as_objects(schema):
    for path in (f"{DATASET}/documents", f"{DOCUMENT}/chunks"):
        content = schema["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        assert content["properties"]["data"]["$ref"].endswith("Page")
