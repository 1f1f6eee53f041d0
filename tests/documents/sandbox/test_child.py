"""The life of the child: it starts, is used again, is replaced, and ends."""

import os
import sys
import threading
import time
from itertools import pairwise

import psutil
import pytest

from documents.sandbox import Limits, ParseInterrupted, Sandbox
from system.errors import Unavailable
from tests.documents.sandbox.reading import MIB, POISON, ROOT, gone, parse


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

    modules = os.popen(f'cd {ROOT} && {sys.executable} -c "{code}"').read().split()

    assert not {"django", "onnxruntime", "numpy", "tokenizers"} & {name.partition(".")[0] for name in modules}


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
        env={"PYTHONPATH": str(ROOT)},
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
