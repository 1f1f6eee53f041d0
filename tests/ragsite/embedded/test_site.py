import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ragsite.embedded import site, stopping
from ragsite.embedded.locks import Lock
from ragsite.embedded.server import up_lock
from ragsite.embedded.site import Site
from system.errors import Conflict, Misconfigured, Unavailable

ROOT = Path(__file__).parents[3]


@pytest.fixture
def busy_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def make(tmp_path, port, **changes):
    values = {"host": "127.0.0.1", "workers": 2, "database": True, "redis": True} | changes
    return Site(base_dir=str(ROOT), data_dir=str(tmp_path), port=port, **values)


def test_busy_port_is_named_with_its_process_and_the_cure(tmp_path, busy_port):
    with pytest.raises(Conflict) as caught:
        site.claim(make(tmp_path, busy_port))

    assert f"Port {busy_port} on 127.0.0.1 is in use by process {os.getpid()}" in caught.value.message
    assert f"RAGSITE_PORT={busy_port + 1}" in caught.value.message


@pytest.mark.parametrize(("host", "port"), [("192.0.2.1", 9380), ("no-such-host.invalid", 9380), ("127.0.0.1", 70000)])
def test_address_that_cannot_be_listened_on_is_named(host, port):
    with pytest.raises(Misconfigured, match=f"Cannot listen on {host}:{port}.*RAGSITE_HOST"):
        site.check_port(host, port)


def test_refused_claim_leaves_the_data_directory_free(tmp_path, busy_port, free_port):
    with pytest.raises(Conflict):
        site.claim(make(tmp_path, busy_port))

    site.claim(make(tmp_path, free_port)).close()


def test_second_site_on_the_same_data_is_refused(tmp_path, free_port):
    with site.claim(make(tmp_path, free_port)), pytest.raises(Conflict, match=f"already .process {os.getpid()}.*down"):
        site.claim(make(tmp_path, free_port))


def test_site_survives_the_command_line(tmp_path):
    described = make(tmp_path, 9380)

    assert Site.from_json(described.to_json()) == described


@pytest.mark.parametrize(
    ("host", "url"),
    [("127.0.0.1", "http://127.0.0.1:9380"), ("0.0.0.0", "http://127.0.0.1:9380"), ("::1", "http://[::1]:9380")],
)
def test_url_is_one_that_a_browser_can_open(tmp_path, host, url):
    assert make(tmp_path, 9380, host=host).url == url


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({}, [["postgres"], ["prepare"], ["valkey"], ["workers"], ["web"]]),
        ({"database": False}, [["prepare"], ["valkey"], ["workers"], ["web"]]),
        ({"redis": False, "workers": 1}, [["postgres"], ["prepare"], ["workers"], ["web"]]),
    ],
    ids=["embedded", "own database", "own redis"],
)
def test_processes_start_in_the_order_of_the_design(tmp_path, changes, names):
    supervisor = make(tmp_path, 9380, **changes).supervisor(print)

    assert [[child.service.name for child in stage] for stage in supervisor._stages] == names


def test_children_know_what_they_are_and_workers_yield(tmp_path):
    supervisor = make(tmp_path, 9380).supervisor(print)

    launches = {child.service.name: child.service.launch() for stage in supervisor._stages[3:] for child in stage}

    assert {name: launch.env["RAGSITE_PROCESS"] for name, launch in launches.items()} == {
        "workers": "worker",
        "web": "web",
    }
    assert launches["workers"].argv[-3:] == ("--workers", "2", "--sweep")
    assert launches["workers"].nice == 10
    assert launches["web"].nice == 0


def test_stop_without_a_site_does_nothing(tmp_path):
    assert stopping.stop_site(tmp_path) is False


HOLDER = """
import signal, sys, time
from pathlib import Path
from ragsite.embedded import site
described = site.Site.from_json(sys.argv[1])
lock = site.claim(described)
print("claimed", flush=True)
signal.sigwait({signal.SIGTERM})
"""


@pytest.mark.processes
def test_running_site_is_stopped_from_another_process(tmp_path, free_port):
    process = subprocess.Popen(
        [sys.executable, "-c", "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, {15})" + HOLDER,
         make(tmp_path, free_port).to_json()],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout.readline() == "claimed\n"

    assert stopping.stop_site(tmp_path) is True

    assert process.wait(10) == 0


def test_process_that_merely_has_the_number_is_left_alone(tmp_path):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as bystander:
        with Lock.take(up_lock(tmp_path)) as lock:
            lock.write(str(bystander.pid))

            with pytest.raises(Unavailable, match="cannot be seen from here"):
                stopping.stop_site(tmp_path, timeout=0.2)

        assert bystander.poll() is None
