import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ragsite.embedded import shim
from ragsite.embedded.launching import Account, Launch

SELF = (sys.executable, "-I", "-S", "-c")


def tell(code, **options):
    done = Launch(argv=(*SELF, f"import json, os\nprint(json.dumps({code}))"), cwd=Path("/"), **options).run()
    return json.loads(done.stdout)


def grouped():
    """Whether our session is a group to the scheduler; the file is empty where a container has its share of the CPU."""
    group = Path("/proc/self/autogroup")
    return group.exists() and group.read_text() != ""


def test_program_is_in_its_folder_with_its_environment_and_niceness():
    seen = tell("[os.getcwd(), os.environ.get('ANSWER'), os.nice(0)]", env={"ANSWER": "a=b c"}, nice=7)

    assert seen == ["/", "a=b c", os.nice(0) + 7]


@pytest.mark.skipif(not grouped(), reason="this kernel, or this container, does not group processes by session")
def test_the_session_of_a_program_is_as_nice_as_itself():
    group = tell("open('/proc/self/autogroup').read()", nice=7)

    assert group.split()[-1] == str(os.nice(0) + 7)


def test_clean_program_sees_nothing_of_our_environment(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://secret")

    assert "DATABASE_URL" not in tell("dict(os.environ)", clean=True)
    assert "DATABASE_URL" in tell("dict(os.environ)")


def test_program_cannot_make_files_that_others_read():
    assert tell("os.umask(0)") == 0o077


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become somebody else")
def test_program_of_another_user_has_none_of_our_groups():
    launch = Launch(argv=("/usr/bin/env", "id"), cwd=Path("/"), account=Account(65534, 65534))

    done = launch.run()

    assert "uid=65534" in done.stdout
    assert "(root)" not in done.stdout


def test_program_that_cannot_be_run_is_named():
    done = Launch(argv=("/no/such/program",), cwd=Path("/")).run()

    assert done.returncode == 127
    assert "cannot run /no/such/program" in done.stdout


def test_child_whose_parent_is_gone_before_it_asked_ends_at_once():
    code = f"import sys; sys.path.insert(0, {str(Path(shim.__file__).parents[2])!r})\n" + (
        "from ragsite.embedded.shim import die_with_parent\ndie_with_parent(parent=1)\nprint('alive')"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (1, "")
