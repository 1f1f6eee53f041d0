"""Which web pages may read what the APIs answer: none unless the site names their origin."""

import pytest

pytestmark = pytest.mark.django_db

APP = "https://app.example.org"
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
API = ["/api/v1/datasets", "/v1/system/ping", "/v1/user/login", "/api/v1/no/such/route"]


def allowed(response):
    return {name for name in response.headers if name.lower().startswith("access-control-allow")}


@pytest.fixture
def trusting(settings):
    settings.CORS_ALLOWED_ORIGINS = [APP]


@pytest.mark.parametrize("path", API)
def test_by_default_no_page_is_trusted(client, path):
    asked = client.options(path, headers={"Origin": APP, **PREFLIGHT})
    sent = client.get(path, headers={"Origin": APP})

    assert allowed(asked) == allowed(sent) == set()


def test_the_origins_are_those_of_the_environment(settings):
    assert settings.CORS_ALLOWED_ORIGINS is settings.RAG_CORS_ORIGINS
    assert settings.RAG_CORS_ORIGINS == []


@pytest.mark.parametrize("path", [*API, "/api//v1/datasets/"])
def test_a_trusted_page_may_ask_and_send(client, trusting, path):
    asked = client.options(path, headers={"Origin": APP, **PREFLIGHT})
    sent = client.get(path, headers={"Origin": APP})

    assert (asked.status_code, asked.content) == (200, b"")
    assert asked["Access-Control-Allow-Origin"] == sent["Access-Control-Allow-Origin"] == APP
    assert asked["Access-Control-Allow-Methods"] == "GET, POST, PUT, DELETE, OPTIONS"
    assert asked["Access-Control-Allow-Headers"] == "accept, authorization, content-type, last-event-id"
    assert asked["Access-Control-Max-Age"] == "600"


def test_it_may_read_the_session_token_of_a_login(client, trusting):
    answer = client.post("/v1/user/login", {}, content_type="application/json", headers={"Origin": APP})

    assert answer.status_code == 401
    assert {"Authorization", "Ragsite-Under-Way"} <= set(answer["Access-Control-Expose-Headers"].split(", "))


@pytest.mark.parametrize(
    "origin",
    [
        *("https://evil.example.org", "http://app.example.org", "https://app.example.org:8443"),
        *("https://app.example.org.evil.net", "https://evil.net/https://app.example.org", "null", "*"),
        "https://[bad",
    ],
)
def test_other_pages_stay_out(client, trusting, origin):
    asked = client.options("/api/v1/datasets", headers={"Origin": origin, **PREFLIGHT})
    sent = client.get("/api/v1/datasets", headers={"Origin": origin})

    assert allowed(asked) == allowed(sent) == set()


def test_cookies_are_never_shared(client, trusting):
    answer = client.get("/api/v1/datasets", headers={"Origin": APP})

    assert "Access-Control-Allow-Credentials" not in answer


@pytest.mark.parametrize("path", ["/admin/login/", "/api/login", "/api/docs", "/static/console/icon.svg"])
def test_pages_for_people_are_for_no_script(client, trusting, path):
    assert allowed(client.get(path, headers={"Origin": APP})) == set()


def test_caches_keep_the_answers_for_different_pages_apart(client, trusting):
    assert "origin" in client.get("/v1/system/ping", headers={"Origin": APP})["Vary"].lower()
