import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from system import crew

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[2]
CREW = r"""
import os, sys, time
import django
os.environ["DJANGO_SETTINGS_MODULE"] = "ragsite.settings.test"
django.setup()
from system import crew
from system.crew import Crew

def slow(parent):
    os.write(1, f"young {os.getpid()}\n".encode())
    time.sleep(1)

def member(name):
    os.write(1, f"{name} {os.getpid()}\n".encode())
    time.sleep(60)

def failing():
    os.write(1, f"failing {os.getpid()}\n".encode())
    raise RuntimeError("on purpose")

members = {"one": lambda: member("one"), "two": lambda: member("two")}
if sys.argv[1] == "failing":
    members = {"failing": failing, **members}
if sys.argv[1] == "slow":
    crew.die_with_parent = slow  # the first that a member does
    members = {"one": members["one"]}
Crew(members).run()
print("ended in order", flush=True)
"""


@pytest.fixture
def run(request):
    """A crew in a process of its own; returns it and the pids of the members that said who they are."""
    process = None

    def run(kind="good", lines=2):
        nonlocal process
        command = [sys.executable, "-c", CREW, kind]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        return process, dict(process.stdout.readline().split() for _ in range(lines))

    yield run
    process.kill()
    process.stdout.close()
    process.wait()


def gone(pid):
    deadline = time.monotonic() + 10
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, f"{pid} lives on"
        time.sleep(0.02)
    return True


def test_members_run_side_by_side_as_children(run):
    process, pids = run()

    assert set(pids) == {"one", "two"}
    assert {psutil.Process(int(pid)).ppid() for pid in pids.values()} == {process.pid}


def test_members_are_shown_by_their_names(run):
    _, pids = run()

    assert {name: Path(f"/proc/{pid}/comm").read_text().strip() for name, pid in pids.items()} == {
        "one": "one",
        "two": "two",
    }


def test_a_member_that_dies_is_started_again_and_the_others_stay(run):
    process, pids = run()

    os.kill(int(pids["one"]), signal.SIGKILL)

    name, pid = process.stdout.readline().split()
    assert name == "one"
    assert pid != pids["one"]
    assert psutil.pid_exists(int(pids["two"]))


def test_a_member_that_fails_is_tried_again_and_hinders_nobody(run):
    process, _ = run("failing", lines=3)

    name, _ = process.stdout.readline().split()

    assert name == "failing"


def test_sigterm_ends_all_in_order(run):
    process, pids = run()

    process.send_signal(signal.SIGTERM)

    assert process.stdout.readline() == "ended in order\n"
    assert process.wait(10) == 0
    assert all(gone(int(pid)) for pid in pids.values())


def test_a_killed_crew_leaves_no_member_behind(run):
    process, pids = run()

    process.kill()

    assert all(gone(int(pid)) for pid in pids.values())


def test_sigterm_ends_a_member_that_has_just_been_started(run):
    process, pids = run("slow", lines=1)

    process.send_signal(signal.SIGTERM)

    assert process.wait(10) == 0
    assert gone(int(pids["young"]))


@pytest.mark.parametrize(("ends", "seconds"), [(1, 0.2), (2, 0.4), (3, 0.8), (8, 25.6), (9, 30.0), (10_000, 30.0)])
def test_pauses_between_starts_double_up_to_half_a_minute(ends, seconds):
    assert crew.pause(ends) == seconds
