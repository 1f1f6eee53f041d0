import os
import stat

import pytest
import redis

from ragsite.embedded import valkey
from ragsite.embedded.valkey import Valkey

pytestmark = pytest.mark.processes


def client(data_dir):
    return redis.Redis.from_url(valkey.ensure(data_dir))


def pid(data_dir):
    return Valkey(data_dir).process().pid


def test_server_answers_with_the_settings_of_the_design(data_dir):
    asked = client(data_dir)

    assert asked.config_get("port") == {"port": "0"}
    assert asked.config_get("append*")["appendonly"] == "yes"
    assert asked.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_socket_is_open_to_its_owner_only(data_dir):
    valkey.ensure(data_dir)

    assert stat.S_IMODE(Valkey(data_dir).socket.stat().st_mode) == 0o700
    assert stat.S_IMODE(Valkey(data_dir).data.stat().st_mode) == 0o700


def test_url_is_known_before_the_server_runs(tmp_path):
    url = valkey.url(tmp_path / "a b%c")

    assert url == f"unix://{tmp_path}/a%20b%25c/valkey/data/valkey.sock?db=0"
    assert not (tmp_path / "a b%c").exists()


def test_path_longer_than_a_socket_address_works(deep_dir):
    assert client(deep_dir).ping()


def test_path_with_odd_characters_works(tmp_path):
    try:
        assert client(tmp_path / "a b%c?d#e").ping()
    finally:
        valkey.stop(tmp_path / "a b%c?d#e")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_root_runs_the_server_unprivileged(data_dir):
    valkey.ensure(data_dir)

    assert Valkey(data_dir).process().uids().effective != 0


def test_running_server_is_used_and_not_started_again(data_dir):
    valkey.ensure(data_dir)
    first = pid(data_dir)

    valkey.ensure(data_dir)

    assert pid(data_dir) == first


def test_killed_server_is_replaced_and_keeps_what_it_had_written(data_dir, wait_for):
    asked = client(data_dir)
    asked.set("kept", "yes")
    wait_for(lambda: asked.info("persistence")["aof_pending_bio_fsync"] == 0)
    Valkey(data_dir).process().kill()

    assert client(data_dir).get("kept") == b"yes"


def test_stopped_server_keeps_its_data(data_dir):
    client(data_dir).set("kept", "yes")

    assert valkey.stop(data_dir)
    assert Valkey(data_dir).process() is None
    assert client(data_dir).get("kept") == b"yes"


def test_stop_without_a_server_does_nothing(data_dir):
    assert valkey.stop(data_dir) is False


@pytest.mark.parametrize("state", ["cold", "killed"])
def test_eight_racing_starters_get_one_server(data_dir, race, state):
    if state == "killed":
        valkey.ensure(data_dir)
        Valkey(data_dir).process().kill()

    pids = race("valkey", "Valkey")

    assert len(pids) == 1
