import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import psycopg
import pytest

from ragsite.embedded import children, logs, postgres, valkey
from ragsite.embedded.children import StartFailed
from ragsite.embedded.supervisor import Supervisor

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[3]
SLEEPER = "import time\nwhile True: time.sleep(60)"


def writing(path, word, code=SLEEPER):
    """Code that appends `word` to `path` first, and when it is told to stop."""
    return (
        textwrap.dedent(f"""
        import signal, sys
        def say(text):
            with open({str(path)!r}, "a") as file: file.write(text + "\\n")
        def end(*_):
            say("{word} ends"); sys.exit(0)
        signal.signal(signal.SIGTERM, end); signal.signal(signal.SIGINT, end)
        say("{word} begins")
    """)
        + code
    )


@pytest.fixture
def said():
    return []


@pytest.fixture
def supervise(tmp_path, said):
    """Start a supervisor of the given stages, and stop it in the end."""
    started = []

    def begin(*stages):
        supervisor = Supervisor(stages, logs_dir=tmp_path / "logs", report=said.append)
        started.append(supervisor)
        supervisor.start()
        return supervisor

    yield begin
    for supervisor in started:
        supervisor.stop()


def test_stages_start_in_order_and_stop_in_the_opposite_order(supervise, service, tmp_path, wait_for):
    story = tmp_path / "story"

    def told(line):
        return lambda: story.exists() and line in story.read_text()

    supervisor = supervise(
        [service("server", writing(story, "server"), ready=told("server begins"))],
        [service("web", writing(story, "web"), ready=told("web begins"))],
    )
    assert supervisor.wait_ready(15)
    supervisor.stop()

    assert story.read_text().split("\n")[:4] == ["server begins", "web begins", "web ends", "server ends"]


def test_later_stage_waits_until_the_earlier_one_is_ready(supervise, service, tmp_path):
    gate = tmp_path / "gate"
    supervisor = supervise([service("server", SLEEPER, ready=gate.exists)], [service("web", SLEEPER)])

    assert not supervisor.wait_ready(0.5)
    assert set(supervisor.pids()) == {"server"}

    gate.touch()
    assert supervisor.wait_ready(15)
    assert set(supervisor.pids()) == {"server", "web"}


def test_killed_child_is_started_again_and_said_so(supervise, service, said, wait_for):
    supervisor = supervise([service("worker", SLEEPER)])
    assert supervisor.wait_ready(15)
    first = supervisor.pids()["worker"]

    os.kill(first, signal.SIGKILL)

    wait_for(lambda: supervisor.pids().get("worker", first) != first)
    assert said[0].startswith("worker was ended by SIGKILL; started again in 0.2 s")


def test_pauses_between_restarts_double_up_to_a_limit(service, tmp_path, said, monkeypatch, wait_for):
    monkeypatch.setattr(children, "FIRST_PAUSE", 0.002)
    monkeypatch.setattr(children, "LONGEST_PAUSE", 0.005)
    monkeypatch.setattr(children, "FIRST_TRIES", 4)
    pauses = []
    child = children.Child(service("broken", "raise SystemExit(3)"), log=tmp_path / "log", report=said.append)

    def ended():
        before = len(said)
        child.tick()
        if len(said) > before:
            pauses.append(child._next - time.monotonic())
        return len(said) == 3

    wait_for(ended)

    assert [round(pause, 3) for pause in pauses] == [0.002, 0.004, 0.005]


def test_pauses_stay_finite_however_often_a_start_fails(service, tmp_path, said):
    child = children.Child(service("broken", SLEEPER), log=tmp_path / "log", report=said.append)

    for _ in range(1100):  # 2 ** 1024 is beyond a float
        child.postpone("the disk is full")

    assert said[-1] == "broken cannot be started, tried again in 30.0 s: the disk is full"


def test_child_that_can_never_start_is_reported_with_its_log(supervise, service, monkeypatch):
    monkeypatch.setattr(children, "FIRST_PAUSE", 0.01)
    supervisor = supervise([service("web", "raise SystemExit('no such model')", ready=lambda: False)])

    with pytest.raises(StartFailed, match=r"web ended with exit code 1, as at 5 starts in a row(.|\n)*no such model"):
        supervisor.wait_ready(15)


def test_step_that_runs_once_has_to_succeed_before_the_next_stage(supervise, service, tmp_path):
    done = tmp_path / "done"
    supervisor = supervise(
        [service("prepare", f"open({str(done)!r}, 'w').close()", once=True)], [service("web", SLEEPER)]
    )

    assert supervisor.wait_ready(15)
    assert done.exists()
    assert set(supervisor.pids()) == {"web"}


def test_failed_step_stops_the_start_and_what_ran_already(supervise, service):
    supervisor = supervise([service("server", SLEEPER)], [service("prepare", "raise SystemExit(2)", once=True)])

    with pytest.raises(StartFailed, match="prepare ended with exit code 2"):
        supervisor.wait_ready(15)

    supervisor.stop()
    assert not any(psutil.pid_exists(pid) for pid in supervisor.pids().values())


def test_child_that_ignores_the_signal_is_killed_after_its_time(supervise, service, tmp_path):
    ready = tmp_path / "ready"
    code = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); open({str(ready)!r}, 'w')\n{SLEEPER}"
    supervisor = supervise([service("stubborn", code, ready=ready.exists, stop_seconds=0.2)])
    assert supervisor.wait_ready(15)
    process = psutil.Process(supervisor.pids()["stubborn"])

    supervisor.stop()

    assert not process.is_running()


def test_processes_that_a_child_leaves_behind_are_ended(supervise, service, tmp_path, wait_for):
    note = tmp_path / "pid"
    code = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {SLEEPER!r}])
open({str(note)!r}, "w").write(str(child.pid))
{SLEEPER}"""
    supervisor = supervise([service("web", code, ready=lambda: note.exists() and bool(note.read_text()))])
    assert supervisor.wait_ready(15)

    supervisor.stop()

    wait_for(lambda: not lives(int(note.read_text())))


def lives(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_output_of_children_is_in_their_logs(supervise, service, tmp_path, wait_for):
    supervise([service("web", f"print('hello', flush=True)\n{SLEEPER}")])

    wait_for(lambda: logs.tail(tmp_path / "logs" / "web.log") == "hello")


KILLED = """
import sys
from pathlib import Path
from ragsite.embedded.children import Service
from ragsite.embedded.launching import Launch
from ragsite.embedded.postgres import Postgres
from ragsite.embedded.site import _served
from ragsite.embedded.supervisor import Supervisor
from ragsite.embedded.valkey import Valkey

data_dir = Path(sys.argv[1])
def idle(): return Launch(argv=(sys.executable, "-c", "import time; time.sleep(600)"), cwd=data_dir)
with Supervisor(
    [
        [_served(Postgres(data_dir, fsync=False), print)],
        [_served(Valkey(data_dir), print)],
        [Service(name=f"worker-{number}", launch=idle) for number in range(3)],
    ],
    logs_dir=data_dir / "logs",
    report=print,
) as supervisor:
    supervisor.run_forever(lambda: print("ready", flush=True))
print("stopped", flush=True)
"""


@pytest.fixture
def running(data_dir):
    """A process that supervises real servers, when all of it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(data_dir)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "ready\n"
    yield process
    process.kill()
    process.wait()


def test_killed_supervisor_leaves_no_process_behind(running):
    family = psutil.Process(running.pid).children(recursive=True)
    assert len(family) >= 10

    running.kill()
    running.wait()

    _, alive = psutil.wait_procs(family, timeout=5)
    assert not alive


def test_killed_supervisor_takes_a_busy_backend_along(running, data_dir):
    found = postgres.connection(data_dir)
    link = psycopg.connect(host=found.host, user=found.user, password=found.password, dbname=found.database)
    link.pgconn.send_query(b"SELECT count(*) FROM generate_series(1, 100000000000)")
    backend = psutil.Process(link.info.backend_pid)

    running.kill()
    running.wait()

    _, alive = psutil.wait_procs([backend], timeout=8)
    assert not alive
    link.close()


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signal_stops_everything_in_order(running, sent):
    family = psutil.Process(running.pid).children(recursive=True)

    running.send_signal(sent)

    assert running.wait(30) == 0
    assert running.stdout.read() == "stopped\n"
    assert not any(lives(process.pid) for process in family)


def test_server_of_an_earlier_command_is_taken_over(data_dir):
    valkey.ensure(data_dir)
    earlier = valkey.Valkey(data_dir).process().pid
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(data_dir)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )

    lines = [process.stdout.readline()]
    while lines[-1] not in ("ready\n", ""):
        lines.append(process.stdout.readline())

    now = valkey.Valkey(data_dir).process()
    assert "Valkey was started by an earlier command and is taken over\n" in lines
    assert now.pid != earlier
    assert now.ppid() == process.pid
    process.terminate()
    assert process.wait(30) == 0
