import json
import time

from system import heartbeats


def test_beats_are_kept_by_worker_with_the_fields_of_the_contract(redis):
    heartbeats.beat("one:1", boot_at=10.0, done=3, failed=1, working=True)
    heartbeats.beat("two:2", boot_at=11.0, done=0, failed=0, working=False)
    heartbeats.beat("one:1", boot_at=10.0, done=4, failed=1, working=False)

    beats = heartbeats.recent()

    assert {worker: [beat["done"] for beat in found] for worker, found in beats.items()} == {
        "one:1": [3, 4],
        "two:2": [0],
    }
    assert set(beats["one:1"][0]) == {
        "ip_address",
        "pid",
        "name",
        "now",
        "boot_at",
        "pending",
        "lag",
        "done",
        "failed",
        "current",
    }
    assert [beat["pending"] for beat in beats["one:1"]] == [1, 0]


def test_a_beat_names_the_tasks_in_hand(redis):
    heartbeats.beat("one:1", boot_at=10.0, done=0, failed=0, working=True, current={"7": {"id": "7"}})

    assert heartbeats.recent()["one:1"][0]["current"] == {"7": {"id": "7"}}


def test_jobs_that_wait_show_as_lag(redis, settings):
    redis.rpush(f"rq:queue:{settings.RAG_QUEUE}", "a", "b")

    heartbeats.beat("one:1", boot_at=10.0, done=0, failed=0, working=False)

    assert heartbeats.recent()["one:1"][0]["lag"] == 2


def test_old_beats_and_silent_workers_are_forgotten(redis):
    old = time.time() - 31 * 60
    redis.zadd("ragsite:beats", {"gone:1": old, "one:1": old})
    redis.zadd("ragsite:beats:one:1", {json.dumps({"done": 0}): old})

    heartbeats.beat("one:1", boot_at=10.0, done=1, failed=0, working=False)

    assert [beat["done"] for beat in heartbeats.recent()["one:1"]] == [1]
    assert redis.zcard("ragsite:beats") == redis.zcard("ragsite:beats:one:1") == 1
    assert 0 < redis.ttl("ragsite:beats:one:1") <= 30 * 60


def test_without_redis_there_are_no_beats(settings):
    settings.REDIS_URL = "unix:///nowhere/redis.sock"

    assert heartbeats.recent() == {}
