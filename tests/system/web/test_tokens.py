import io
import logging
import re

import pytest

from system.models import APIToken
from system.models.token import digest
from system.redaction import RedactSecrets

pytestmark = pytest.mark.django_db

URL = "/v1/system/new_token"


def test_a_new_token_has_the_shape_that_clients_expect_and_opens_the_api(web, owner, anonymous):
    data = web.post(URL).json()["data"]

    assert set(data) == {"tenant_id", "token", "beta", "create_time", "create_date", "update_time", "update_date"}
    assert re.fullmatch(r"ragflow-[\w-]{43}", data["token"])
    assert re.fullmatch(r"[\w-]{32}", data["beta"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", data["create_date"])
    assert data["tenant_id"] == owner.pk
    assert data["update_time"] is None
    assert anonymous.get("/api/v1/datasets", headers={"Authorization": f"Bearer {data['token']}"}).status_code == 200


def test_the_list_shows_the_living_tokens_of_the_tenant(web, web_as, stranger):
    first, second = (web.post(URL).json()["data"]["token"] for _ in range(2))
    web_as(stranger).post(URL)
    APIToken.objects.matching(first).get().revoke()

    rows = web.get("/v1/system/token_list").json()["data"]

    assert [row["token"] for row in rows] == [second]
    assert set(rows[0]) == {
        "tenant_id",
        "token",
        "dialog_id",
        "source",
        "beta",
        "create_time",
        "create_date",
        "update_time",
        "update_date",
    }


def test_where_values_are_not_kept_the_list_shows_hints(web, settings):
    settings.RAG_TOKENS_READABLE = False
    issued = web.post(URL).json()["data"]

    row = web.get("/v1/system/token_list").json()["data"][0]

    assert issued["token"].startswith("ragflow-")
    assert re.fullmatch(r"[\w-]{32}", issued["beta"])
    assert row["token"] == APIToken.objects.get().hint
    assert row["beta"] is None


@pytest.mark.parametrize("by", ["value", "id"])
def test_a_token_is_revoked_by_value_or_id(web, by):
    value = web.post(URL).json()["data"]["token"]
    key = value if by == "value" else APIToken.objects.get().pk

    assert web.delete(f"/v1/system/token/{key}").json() == {"code": 0, "message": "success", "data": True}
    assert APIToken.objects.get().state == "revoked"


def test_foreign_and_unknown_tokens_are_left_alone(web, web_as, stranger):
    foreign = web_as(stranger).post(URL).json()["data"]["token"]

    for key in (foreign, APIToken.objects.get().pk, "ragflow-unknown"):
        assert web.delete(f"/v1/system/token/{key}").json()["data"] is True
    assert APIToken.objects.get().state == "active"


def test_a_user_without_tenant_has_no_tokens(web, owner):
    owner.tenant.delete()

    for response in (web.post(URL), web.get("/v1/system/token_list"), web.delete("/v1/system/token/x")):
        assert response.json() == {"code": 102, "message": "Tenant not found!", "data": None}


def test_a_missing_beta_is_drawn_and_kept(web, settings, django_assert_max_num_queries):
    settings.RAG_TOKENS_READABLE = False
    for _ in range(20):
        web.post(URL)
    settings.RAG_TOKENS_READABLE = True

    with django_assert_max_num_queries(8):
        betas = [row["beta"] for row in web.get("/v1/system/token_list").json()["data"]]

    assert len(set(betas)) == 20
    assert all(re.fullmatch(r"[\w-]{32}", beta) for beta in betas)
    assert [row["beta"] for row in web.get("/v1/system/token_list").json()["data"]] == betas
    assert {token.beta_digest for token in APIToken.objects.all()} == set(map(digest, betas))


def test_the_beta_is_a_secret_of_its_own(web, anonymous):
    issued = web.post(URL).json()["data"]
    token = APIToken.objects.get()

    answer = anonymous.get("/api/v1/datasets", headers={"Authorization": f"Bearer {issued['beta']}"})

    assert answer.status_code == 401
    assert token.beta_digest == digest(issued["beta"]) != token.digest


def test_rotating_leaves_the_beta_alone(web):
    beta = web.post(URL).json()["data"]["beta"]

    APIToken.objects.get().rotate()

    assert APIToken.objects.get().beta == beta


def test_rotating_does_not_bring_back_what_was_revoked_meanwhile(web):
    web.post(URL)
    stale = APIToken.objects.get()
    APIToken.objects.get().revoke()

    stale.rotate()

    assert APIToken.objects.get().state == "revoked"


def test_a_value_that_was_rotated_away_ends_alone(web):
    old = web.post(URL).json()["data"]["token"]
    new = APIToken.objects.get().rotate()

    assert web.delete(f"/v1/system/token/{old}").json()["data"] is True

    assert not APIToken.objects.matching(old).exists()
    assert APIToken.objects.matching(new).exists()


def test_where_values_are_not_kept_what_the_list_shows_names_the_token(web, settings):
    settings.RAG_TOKENS_READABLE = False
    web.post(URL)
    shown = web.get("/v1/system/token_list").json()["data"][0]["token"]

    web.delete(f"/v1/system/token/{shown}")

    assert APIToken.objects.get().state == "revoked"


def test_a_value_goes_to_the_database_as_its_digest_only(web, django_assert_max_num_queries):
    value = web.post(URL).json()["data"]["token"]

    with django_assert_max_num_queries(8) as context:
        web.delete(f"/v1/system/token/{value}")

    assert not any(value in query["sql"] for query in context.captured_queries)


@pytest.fixture
def log(monkeypatch):
    """What the site's own handler writes."""
    written = io.StringIO()
    [handler] = [one for one in logging.getLogger().handlers if any(isinstance(f, RedactSecrets) for f in one.filters)]
    monkeypatch.setattr(handler, "stream", written)
    return written


@pytest.mark.parametrize("answer", [200, 401, 405])
def test_no_log_shows_a_value_that_stands_in_a_path(web, anonymous, log, answer):
    value = web.post(URL).json()["data"]["token"]
    client, method = {200: (web, "delete"), 401: (anonymous, "delete"), 405: (web, "patch")}[answer]

    assert getattr(client, method)(f"/v1/system/token/{value}").status_code == answer

    assert value not in log.getvalue()
    assert answer == 200 or "/v1/system/token/[redacted]" in log.getvalue()
