import socket
import time

import pytest

from documents import waking


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    monkeypatch.setattr(waking, "_quiet_until", 0.0)


@pytest.fixture
def hanging(settings, tmp_path_factory):
    """A Redis that takes connections and never says a word; counts them."""
    with socket.socket(socket.AF_UNIX) as server:
        path = tmp_path_factory.mktemp("r") / "s"
        server.bind(str(path))
        server.listen(50)
        server.setblocking(False)
        settings.REDIS_URL = f"unix://{path}?db=0"
        yield server


def accepted(server):
    """How many have connected since the last look."""
    count = 0
    try:
        while True:
            server.accept()[0].close()
            count += 1
    except BlockingIOError:
        return count


def test_a_redis_that_hangs_is_waited_for_once(hanging):
    begun = time.monotonic()
    assert waking.send_wakes(3) == 0
    first = time.monotonic() - begun

    for _ in range(100):
        assert waking.send_wakes(3) == 0

    assert accepted(hanging) == 1
    assert first < 5 * waking.REDIS_SECONDS


def test_after_a_while_one_caller_looks_again(hanging, monkeypatch):
    waking.send_wakes()
    accepted(hanging)
    monkeypatch.setattr(waking, "_quiet_until", 0.001)

    waking.send_wakes()
    waking.send_wakes()

    assert accepted(hanging) == 1


def test_once_it_answers_wakes_are_sent_as_ever(redis, monkeypatch):
    monkeypatch.setattr(waking, "_quiet_until", 0.001)

    assert [waking.send_wakes(1), waking.send_wakes(1)] == [1, 1]
    assert waking._quiet_until == 0


def test_no_more_wakes_wait_than_workers_can_use(redis, settings):
    settings.RAG_WORKERS = 2

    assert waking.send_wakes(10) == 4
    assert waking.send_wakes(10) == 0
