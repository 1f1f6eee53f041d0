"""Data directories whose servers are stopped, and stand-ins for services."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from ragsite.embedded import postgres, valkey
from ragsite.embedded.children import Service
from ragsite.embedded.launching import Launch


@pytest.fixture
def data_dir(tmp_path):
    yield tmp_path
    valkey.stop(tmp_path)
    postgres.stop(tmp_path)


@pytest.fixture
def deep_dir(tmp_path):
    """A data directory too deep for the address of a socket."""
    deep = tmp_path / ("deep" * 20) / ("down" * 20)
    yield deep
    for module, server in ((valkey, valkey.Valkey(deep)), (postgres, postgres.Postgres(deep))):
        module.stop(deep)
        server.socket.parent.unlink(missing_ok=True)  # its alias


RACER = """
import importlib, sys
from pathlib import Path
module = importlib.import_module(f"ragsite.embedded.{sys.argv[1]}")
data_dir = Path(sys.argv[3])
sys.stdin.readline()
module.ensure(data_dir)
print(getattr(module, sys.argv[2])(data_dir).process().pid)
"""


@pytest.fixture
def race(data_dir):
    """Let eight processes ensure a server at once; the pids of the servers they found."""

    def run(module, server):
        command = [sys.executable, "-c", RACER, module, server, str(data_dir)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": Path(__file__).parents[3]}
        racers = [subprocess.Popen(command, **pipes) for _ in range(8)]
        for racer in racers:
            racer.stdin.write("go\n")
            racer.stdin.flush()
        pids = {racer.communicate()[0] for racer in racers}
        assert [racer.returncode for racer in racers] == [0] * 8
        return pids

    return run


@pytest.fixture
def wait_for():
    """Wait on a condition; fail when it does not come."""

    def wait(condition, timeout=15.0):
        deadline = time.monotonic() + timeout
        while not (result := condition()):
            assert time.monotonic() < deadline, "the condition did not come"
            time.sleep(0.01)
        return result

    return wait


@pytest.fixture
def service(tmp_path):
    """A service out of lines of Python."""

    def make(name, code, **options):
        launch = Launch(argv=(sys.executable, "-I", "-S", "-c", code), cwd=tmp_path)
        return Service(name=name, launch=lambda: launch, **options)

    return make
