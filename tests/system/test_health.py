import threading
import time

import pytest

from system import health
from system.errors import RagError, Unavailable


@pytest.fixture
def part(monkeypatch):
    """Register a check under a name of its own, for one test."""
    monkeypatch.setattr(health, "_checks", dict(health._checks))

    def part(check):
        health.register("part", check)
        return lambda **options: health.run_all(["part"], **options)["part"]

    return part


@pytest.mark.django_db(transaction=True)
def test_every_part_of_a_good_site_is_well(redis):
    findings = health.run_all(patience=10)

    assert {"db", "redis", "doc_engine", "storage"} <= set(findings)
    assert [finding for finding in findings.values() if not finding.well] == []
    assert findings["doc_engine"].details["type"] == "pgvector"
    assert all(finding.elapsed > 0 for finding in findings.values())


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (Unavailable("The model at x does not answer."), "The model at x does not answer."),
        (OSError("/secret/path"), "OSError"),
    ],
    ids=["expected", "unexpected"],
)
def test_a_failing_part_shows_what_is_fit_to_show(part, error, shown):
    def check():
        raise error

    finding = part(check)()

    assert not finding.well
    assert finding.error == shown


def test_a_hanging_part_is_not_waited_for_and_costs_one_thread(part):
    release, calls = threading.Event(), []

    def check():
        calls.append(1)
        release.wait(30)
        return {"late": True}

    run = part(check)
    started = time.monotonic()
    findings = [run(patience=0.05) for _ in range(3)]
    waited = time.monotonic() - started
    release.set()

    assert [finding.error for finding in findings] == ["no answer within 0.05 s"] * 3
    assert waited < 5
    assert len(calls) == 1


def test_parts_are_tried_side_by_side(monkeypatch):
    meeting = threading.Barrier(2)
    monkeypatch.setattr(health, "_checks", {})
    for name in ("a", "b"):
        health.register(name, lambda: {"met": meeting.wait(10) >= 0})

    findings = health.run_all(patience=10)

    assert all(finding.well for finding in findings.values())


def test_redis_that_does_not_answer_is_not_well(settings):
    settings.REDIS_URL = "unix:///nowhere/redis.sock"

    assert not health.run_all(["redis"], patience=5)["redis"].well


def test_storage_that_cannot_be_written_is_not_well(settings, tmp_path):
    (tmp_path / "file").write_text("in the way")
    options = {"location": str(tmp_path / "file")}
    settings.STORAGES = {**settings.STORAGES, "default": {**settings.STORAGES["default"], "OPTIONS": options}}

    assert not health.run_all(["storage"], patience=5)["storage"].well


def test_a_rag_error_is_not_logged_as_a_surprise(part, caplog):
    def check():
        raise RagError("not set up")

    part(check)()

    assert not caplog.records
