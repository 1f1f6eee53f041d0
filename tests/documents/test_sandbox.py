import os
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from documents.parsers.base import Picture
from documents.parsers.confinement import _MACHINES
from documents.sandbox import Limits, ParseInterrupted, Sandbox
from system.errors import DocumentFault, FaultCode, Unavailable

POISON = (sys.executable, "-B", str(Path(__file__).with_name("poison.py")))
MIB = 1024**2


@pytest.fixture
def poison():
    with Sandbox(Limits(cpu=60), command=POISON) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox():
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def deed(tmp_path):
    """Write a document that tells the poison child what to do."""

    def write(text):
        path = tmp_path / f"{text}.txt"
        path.write_text(text)
        return str(path)

    return write


def parse(sandbox, path, *, name="file.txt", alive=lambda: True, timeout=20.0):
    (window,) = windows(sandbox, path, name=name, alive=alive, timeout=timeout)
    return window.parsed


def windows(sandbox, path, *, name="file.txt", cursor=None, alive=lambda: True, timeout=20.0):
    return sandbox.windows(path, name=name, config={}, cursor=cursor, alive=alive, timeout=timeout)


def gone(pid):
    """Whether a process has ended; waits a moment for the kernel."""
    try:
        psutil.Process(pid).wait(timeout=5)
    except psutil.NoSuchProcess:
        return True
    except psutil.TimeoutExpired:
        return False
    return True


def test_document_parsed_in_the_child_is_the_one_parsed_here(sandbox, tmp_path):
    from documents.parsers import windows as windows_here

    path = tmp_path / "a.md"
    path.write_text("# Title\n\nSome *text*.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n")

    parsed = parse(sandbox, str(path), name="a.md")

    assert [parsed] == [window.parsed for window in windows_here(str(path), name="a.md", config={})]


def test_child_is_reused_while_it_is_healthy(sandbox, deed):
    parse(sandbox, deed("one"))
    first = sandbox.pid

    parse(sandbox, deed("two"))

    assert sandbox.pid == first


def test_child_imports_neither_django_nor_models(deed):
    code = "import sys; import documents.parsers.child, documents.parsers; print(*sys.modules)"

    modules = os.popen(f'cd {Path(__file__).parents[2]} && {sys.executable} -c "{code}"').read().split()

    assert not {"django", "onnxruntime", "numpy", "tokenizers"} & {name.partition(".")[0] for name in modules}


@pytest.mark.parametrize(
    ("what", "fault", "retry"),
    [
        pytest.param("segfault", FaultCode.CRASHED, True, id="segfault"),
        pytest.param("abort", FaultCode.CRASHED, True, id="abort"),
        pytest.param("exit", FaultCode.CRASHED, True, id="hard exit"),
        pytest.param("allocate", FaultCode.OUT_OF_MEMORY, False, id="4 GiB allocated"),
        pytest.param("killed", FaultCode.OUT_OF_MEMORY, True, id="killed as the kernel does for lack of memory"),
        pytest.param("garbage", FaultCode.CRASHED, True, id="garbage on the pipe"),
        pytest.param("outside", FaultCode.CRASHED, True, id="spans outside of the text"),
        pytest.param("endless", FaultCode.TOO_LARGE, False, id="endless result"),
        pytest.param("raise", FaultCode.CRASHED, False, id="exception"),
    ],
)
def test_misbehaviour_ends_as_a_coded_fault_and_the_next_document_is_parsed(poison, deed, what, fault, retry):
    started = time.monotonic()

    with pytest.raises(DocumentFault) as caught:
        parse(poison, deed(what), name="bad.pdf")

    assert (caught.value.fault, caught.value.retry) == (fault, retry)
    assert "bad.pdf" in caught.value.message
    assert time.monotonic() - started < 10
    assert parse(poison, deed("print")).text == "fine"


def test_endless_loop_is_stopped_by_the_wall_clock(poison, deed):
    with pytest.raises(DocumentFault) as caught:
        parse(poison, deed("spin"), timeout=1.0)

    assert (caught.value.fault, caught.value.retry) == (FaultCode.TIMEOUT, True)
    assert poison.pid is None


def test_endless_loop_is_stopped_by_processor_time(deed):
    with Sandbox(Limits(cpu=1), command=POISON) as sandbox, pytest.raises(DocumentFault) as caught:
        parse(sandbox, deed("spin"))

    assert caught.value.fault == FaultCode.TIMEOUT
    assert "processor time" in caught.value.message


def test_result_above_the_limit_is_refused(deed):
    with Sandbox(Limits(result=MIB), command=POISON) as sandbox, pytest.raises(DocumentFault) as caught:
        parse(sandbox, deed("huge"))

    assert caught.value.fault == FaultCode.TOO_LARGE


def test_task_that_is_not_alive_any_more_kills_the_child_at_once(poison, deed):
    pids = []
    asked = []

    def alive():
        asked.append(time.monotonic())
        pids.append(poison.pid)
        return len(asked) < 20

    with pytest.raises(ParseInterrupted):
        parse(poison, deed("spin"), alive=alive)

    assert gone(pids[-1])
    assert max(b - a for a, b in pairwise(asked)) < 0.5


def test_kill_from_another_thread_interrupts_the_parse(poison, deed):
    started = threading.Event()

    def alive():
        started.set()
        return True

    killer = threading.Thread(target=lambda: started.wait(10) and poison.kill())
    killer.start()

    with pytest.raises(ParseInterrupted):
        parse(poison, deed("spin"), alive=alive)

    killer.join()
    assert poison.pid is None


@pytest.mark.skipif("x86_64" not in _MACHINES, reason="no system call filter for this machine")
@pytest.mark.parametrize(
    ("what", "outcome"),
    [
        pytest.param("fork", "0 children, then PermissionError", id="no processes, so no fork bomb"),
        pytest.param("exec", "PermissionError", id="no programs"),
        pytest.param("connect", "PermissionError", id="no network"),
        pytest.param("kill", "PermissionError", id="no signals to others"),
        pytest.param("write", "OSError", id="no files written"),
        pytest.param("environment", "LANG PYTHONPATH", id="no environment"),
    ],
)
def test_child_has_no_right_to(poison, deed, what, outcome, monkeypatch):
    monkeypatch.setenv("RAGSITE_CANARY", "secret")

    parsed = parse(poison, deed(what))

    assert parsed.text.replace("LC_CTYPE ", "") == outcome


def test_child_is_replaced_after_so_many_documents(deed):
    with Sandbox(Limits(documents=2), command=POISON) as sandbox:
        pids = []
        for _ in range(4):
            parse(sandbox, deed("print"), alive=lambda: pids.append(sandbox.pid) or True)

    assert len(set(pids) - {None}) == 2


def test_child_is_replaced_when_its_memory_has_grown(deed):
    with Sandbox(Limits(resident=60 * MIB), command=POISON) as sandbox:
        assert parse(sandbox, deed("grow")).text == "1"

        assert sandbox.pid is None
        assert parse(sandbox, deed("grow")).text == "1"


def test_close_leaves_no_process(poison, deed):
    parse(poison, deed("print"))
    pid = poison.pid

    poison.close()

    assert gone(pid)


@pytest.mark.processes
def test_child_dies_with_its_parent(deed, tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(
        "import sys\nfrom documents.sandbox import Sandbox\ns = Sandbox()\n"
        f"next(s.windows({deed('some text')!r}, name='a.txt', config={{}}, alive=lambda: True, timeout=20))\n"
        "print(s.pid, flush=True)\nsys.stdin.read()\n"
    )
    parent = psutil.Popen(
        [sys.executable, str(script)],
        env={"PYTHONPATH": str(Path(__file__).parents[2])},
        stdin=-1,
        stdout=-1,
    )
    pid = int(parent.stdout.readline())

    parent.kill()
    parent.wait()

    assert gone(pid)


def test_child_that_cannot_start_is_nobodys_fault(deed):
    with Sandbox(command=("/nonexistent/python",)) as sandbox, pytest.raises(Unavailable, match="cannot be started"):
        parse(sandbox, deed("print"))


def test_child_that_dies_at_start_is_nobodys_fault(deed):
    command = (sys.executable, "-c", "raise SystemExit(1)")

    with Sandbox(command=command) as sandbox, pytest.raises(Unavailable, match="cannot be started"):
        parse(sandbox, deed("print"))


def draw(sandbox, path, *, alive=lambda: True, timeout=20.0):
    return sandbox.draw(path, name="bad.pdf", side=256, alive=alive, timeout=timeout)


def test_a_picture_comes_as_bare_pixels(poison, deed):
    assert draw(poison, deed("small")) == Picture(2, 1, b"abcdef")


def test_of_a_format_without_pages_there_is_no_picture(sandbox, deed):
    assert draw(sandbox, deed("plain text")) is None


@pytest.mark.parametrize("what", ["large", "flat", "short", "long", "segfault", "allocate", "raise", "endless", "huge"])
def test_a_painter_that_misbehaves_is_a_fault_and_the_document_is_parsed_all_the_same(poison, deed, what):
    with pytest.raises(DocumentFault):
        draw(poison, deed(what))

    assert parse(poison, deed("print")).text == "fine"


def test_an_endless_picture_is_stopped_by_the_wall_clock(poison, deed):
    with pytest.raises(DocumentFault):
        draw(poison, deed("spin"), timeout=1.0)

    assert poison.pid is None


def test_a_picture_that_is_not_wanted_any_more_is_not_waited_for(poison, deed):
    with pytest.raises(ParseInterrupted):
        draw(poison, deed("spin"), alive=lambda: False)


def test_a_picture_does_not_count_as_a_document(deed):
    with Sandbox(Limits(documents=2), command=POISON) as sandbox:
        for _ in range(3):
            draw(sandbox, deed("small"))
        parse(sandbox, deed("print"))

        assert sandbox.pid is not None


def said(sandbox, path, **options):
    return [window.parsed.text for window in windows(sandbox, path, **options)]


def test_windows_come_one_after_the_other_from_one_child(poison, deed):
    *pids, last = said(poison, deed("pid pid print"))

    assert pids == [pids[0]] * 2
    assert last == "fine"


def test_windows_go_on_from_a_cursor(poison, deed):
    path = deed("spin print environment")
    first = windows(poison, deed("print spin print"))
    cursor = next(first).cursor

    assert cursor == {"at": 1}
    assert said(poison, path, cursor=cursor) == said(poison, deed("print environment"))


def test_a_crash_costs_one_window(poison, deed):
    path = deed("print segfault print")
    reading = windows(poison, path)
    cursor = next(reading).cursor

    with pytest.raises(DocumentFault) as caught:
        next(reading)

    assert caught.value.fault == FaultCode.CRASHED
    assert said(poison, path, cursor={"at": cursor["at"] + 1}) == ["fine"]


def test_each_window_has_its_own_time(poison, deed):
    reading = windows(poison, deed("nap nap nap"), timeout=1.0)

    assert [window.done for window in reading] == [1, 2, 3]


def test_endless_window_is_stopped(poison, deed):
    reading = windows(poison, deed("print spin"), timeout=1.0)
    next(reading)

    with pytest.raises(DocumentFault) as caught:
        next(reading)

    assert caught.value.fault == FaultCode.TIMEOUT


def test_child_that_dies_between_two_windows_is_replaced(poison, deed):
    reading = windows(poison, deed("pid pid print"))
    first = int(next(reading).parsed.text)

    psutil.Process(first).kill()
    gone(first)

    assert int(next(reading).parsed.text) != first
    assert next(reading).parsed.text == "fine"


def test_child_whose_memory_has_grown_is_replaced_between_two_windows(deed):
    with Sandbox(Limits(resident=60 * MIB), command=POISON) as sandbox:
        assert said(sandbox, deed("grow grow grow")) == ["1", "1", "1"]


def test_two_files_that_are_read_in_turns_do_not_mix(poison, deed):
    one, other = windows(poison, deed("print print print")), windows(poison, deed("exec environment connect"))

    assert [next(one).done, next(other).done, next(one).done, next(other).done] == [1, 1, 2, 2]
    assert next(one).parsed.text == "fine"
    assert next(other).parsed.text != "fine"


def test_reading_that_is_left_ends_the_child(poison, deed):
    reading = windows(poison, deed("pid print"))
    pid = int(next(reading).parsed.text)

    reading.close()

    assert gone(pid)
    assert parse(poison, deed("print")).text == "fine"


@pytest.mark.parametrize("what", ["still", "beyond", "sprawl", "nul"])
def test_windows_that_cannot_be_are_a_fault(poison, deed, what):
    reading = windows(poison, deed(f"{what} {what}"))

    with pytest.raises(DocumentFault) as caught:
        list(reading)

    assert caught.value.fault == FaultCode.CRASHED


def test_text_beyond_what_a_file_can_hold_is_refused(deed):
    limits = Limits(text=4 * MIB)

    with Sandbox(limits, command=POISON) as sandbox, pytest.raises(DocumentFault) as caught:
        said(sandbox, deed("huge huge"))

    assert caught.value.fault == FaultCode.TOO_LARGE
