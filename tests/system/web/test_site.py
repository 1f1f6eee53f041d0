import pytest

from system import health, heartbeats
from system.errors import Unavailable

pytestmark = pytest.mark.django_db


@pytest.fixture
def broken(monkeypatch):
    """Have the queue fail."""

    def broken():
        raise Unavailable("Redis is away.")

    monkeypatch.setitem(health._checks, "redis", broken)


@pytest.fixture
def well(monkeypatch):
    for part in ("db", "redis", "doc_engine", "storage"):
        monkeypatch.setitem(health._checks, part, lambda: {"type": "x"})


def test_ping_answers_in_plain_text(anonymous):
    response = anonymous.get("/v1/system/ping")

    assert (response.status_code, response.content, response["Content-Type"]) == (200, b"pong", "text/plain")


def test_the_version_needs_a_login(web, anonymous):
    assert web.get("/v1/system/version").json() == {"code": 0, "message": "success", "data": "v0.22.1"}
    assert anonymous.get("/v1/system/version").status_code == 401


@pytest.mark.parametrize(("open_", "shown"), [(True, 1), (False, 0)])
def test_config_says_whether_anybody_may_register(anonymous, settings, open_, shown):
    settings.RAG_REGISTRATION = open_

    assert anonymous.get("/v1/system/config").json()["data"] == {"registerEnabled": shown}


def test_healthz_is_bare(anonymous, well):
    response = anonymous.get("/v1/system/healthz")

    assert response.status_code == 200
    assert response.json() == dict.fromkeys(["db", "redis", "doc_engine", "storage", "status"], "ok")


@pytest.mark.parametrize(("mode", "status"), [("truthful", 503), ("reference", 500)])
def test_healthz_tells_what_fails(anonymous, well, broken, settings, mode, status):
    settings.RAG_HTTP_STATUS = mode

    response = anonymous.get("/v1/system/healthz")

    body = response.json()
    assert response.status_code == status
    assert (body["redis"], body["db"], body["status"]) == ("nok", "ok", "nok")
    assert set(body["_meta"]) == {"redis"}
    assert body["_meta"]["redis"]["error"] == "Redis is away."
    assert float(body["_meta"]["redis"]["elapsed"]) >= 0


def test_status_shows_every_part_and_the_beats(web, well, redis):
    heartbeats.beat("one:1", boot_at=1.0, done=0, failed=0, working=False)

    data = web.get("/v1/system/status").json()["data"]

    assert set(data) == {"doc_engine", "storage", "database", "redis", "task_executor_heartbeats"}
    assert data["doc_engine"]["status"] == "green"
    assert len(data["task_executor_heartbeats"]["one:1"]) == 1


def test_a_failing_part_does_not_fail_the_status(web, well, broken):
    response = web.get("/v1/system/status")

    assert response.status_code == 200
    assert response.json()["data"]["redis"]["status"] == "red"
    assert response.json()["data"]["redis"]["error"] == "Redis is away."


def test_the_status_needs_a_login(anonymous):
    assert anonymous.get("/v1/system/status").json() == {
        "code": 401,
        "message": "<Unauthorized '401: Unauthorized'>",
        "data": None,
    }
