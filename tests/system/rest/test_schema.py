import pytest
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator


@pytest.fixture(scope="module")
def schema():
    with GENERATOR_STATS.silence():
        return SchemaGenerator().get_schema(request=None, public=True)


def test_the_schema_is_made_without_warnings():
    GENERATOR_STATS.reset()
    with GENERATOR_STATS.silence():
        SchemaGenerator().get_schema(request=None, public=True)

    assert not GENERATOR_STATS._warn_cache
    assert not GENERATOR_STATS._error_cache


def test_it_is_openapi_3_1(schema):
    assert schema["openapi"].startswith("3.1")


def test_answers_are_described_in_their_envelope(schema):
    listing = schema["paths"]["/api/v1/datasets"]["get"]["responses"]
    web = schema["paths"]["/v1/system/version"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]

    described = listing["200"]["content"]["application/json"]["schema"]
    assert described["properties"]["code"] == {"type": "integer", "const": 0}
    assert described["properties"]["data"]["items"] == {"$ref": "#/components/schemas/Dataset"}
    assert "message" not in described["properties"]
    assert "message" in web["properties"]
    assert "default" in listing


def test_creating_and_deleting_answer_200(schema):
    route = schema["paths"]["/api/v1/datasets"]

    assert set(route["post"]["responses"]) == set(route["delete"]["responses"]) == {"200", "default"}


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/schema", "/api/docs", "/api/docs/"])
def test_schema_and_docs_are_open(client, path):
    assert client.get(path).status_code == 200


@pytest.mark.django_db
def test_the_docs_load_nothing_from_elsewhere(client):
    page = client.get("/api/docs").content.decode()

    assert "swagger-ui" in page
    assert "//cdn" not in page
