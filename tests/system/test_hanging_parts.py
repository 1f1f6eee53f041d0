"""Servers that take a connection and never answer: what waits for them, waits a second."""

import socket
import time

import pytest
from django.db import connections

from system import health, heartbeats

pytestmark = pytest.mark.django_db


@pytest.fixture
def silent():
    """The port of a server that never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def other_parts_well(monkeypatch):
    for part in ("db", "redis", "doc_engine", "storage"):
        monkeypatch.setitem(health._checks, part, lambda: {})


@pytest.fixture
def mute_redis(silent, settings, other_parts_well, monkeypatch):
    settings.REDIS_URL = f"redis://127.0.0.1:{silent}/0"
    monkeypatch.setitem(health._checks, "redis", health.queue)


@pytest.fixture
def mute_database(silent, other_parts_well, monkeypatch):
    """A database that new connections, such as those of health checks, hang at; this test's own goes on."""
    server = {"ENGINE": "django.db.backends.postgresql", "HOST": "127.0.0.1", "PORT": str(silent), "USER": "x"}
    monkeypatch.setitem(connections.settings, "default", {**connections.settings["default"], **server})
    monkeypatch.setitem(health._checks, "db", health.database)
    monkeypatch.setitem(health._checks, "doc_engine", health.vectors)


@pytest.fixture
def asked():
    """Ask a client for a page; returns the answer and the seconds that it took."""

    def asked(client, path):
        started = time.monotonic()
        answer = client.get(path)
        return answer, time.monotonic() - started

    return asked


def test_the_probe_tells_of_a_mute_queue_server(anonymous, asked, mute_redis):
    answer, seconds = asked(anonymous, "/v1/system/healthz")

    body = answer.json()
    assert (answer.status_code, body["redis"], body["db"], body["status"]) == (503, "nok", "ok", "nok")
    assert set(body["_meta"]) == {"redis"}
    assert seconds < 2


def test_the_status_tells_of_a_mute_queue_server_and_has_no_beats(web, asked, mute_redis):
    answer, seconds = asked(web, "/v1/system/status")

    data = answer.json()["data"]
    assert (answer.status_code, data["redis"]["status"], data["database"]["status"]) == (200, "red", "green")
    assert data["redis"]["error"]
    assert data["task_executor_heartbeats"] == {}
    assert seconds < 2


def test_the_probe_tells_of_a_mute_database(anonymous, asked, mute_database):
    answer, seconds = asked(anonymous, "/v1/system/healthz")

    body = answer.json()
    assert (answer.status_code, body["db"], body["doc_engine"], body["redis"]) == (503, "nok", "nok", "ok")
    assert body["_meta"]["db"] == {"elapsed": "1000.0", "error": "no answer within 1 s"}
    assert seconds < 2


def test_the_status_does_not_wait_for_a_mute_database_to_tell_who_asks(web, asked, mute_database):
    answer, seconds = asked(web, "/v1/system/status")

    assert (answer.status_code, answer.json()["code"]) == (503, 105)
    assert "healthz" in answer.json()["message"]
    assert seconds < 2


def test_a_part_that_does_not_answer_is_still_named(web, asked, mute_redis, monkeypatch):
    monkeypatch.setitem(health._checks, "doc_engine", lambda: time.sleep(1.5))
    monkeypatch.setitem(health._checks, "storage", lambda: 1 / 0)

    data = asked(web, "/v1/system/status")[0].json()["data"]

    assert data["doc_engine"] == {
        "type": "pgvector",
        "status": "red",
        "elapsed": "1000.0",
        "error": "no answer within 1 s",
    }
    assert (data["storage"]["storage"], data["storage"]["error"]) == ("disk", "ZeroDivisionError")


def test_beats_are_not_waited_for_longer(asked, mute_redis):
    started = time.monotonic()

    assert heartbeats.recent() == {}
    assert time.monotonic() - started < 2
