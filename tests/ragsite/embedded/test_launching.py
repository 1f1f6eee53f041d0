import os
import pwd
import shutil
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from ragsite.embedded import postgres
from ragsite.embedded.launching import Account

ROOT = Path(__file__).parents[3]


def test_ordinary_users_are_their_own_account(monkeypatch, tmp_path):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    assert Account.for_server(tmp_path) is None


@pytest.mark.processes
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to whom PostgreSQL refuses to serve")
def test_root_runs_the_server_as_nobody_in_a_folder_that_nobody_cannot_reach(data_dir):
    data_dir.chmod(0o700)

    postgres.ensure(data_dir, fsync=False)

    assert postgres.Postgres(data_dir).process().uids().effective == pwd.getpwnam("nobody").pw_uid
    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700


@pytest.mark.processes
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become somebody else")
def test_ordinary_user_runs_the_servers_as_themselves():
    nobody = pwd.getpwnam("nobody")
    python = reachable_python(nobody)
    data_dir = Path("/tmp") / f"ragsite-test-{os.getpid()}"
    data_dir.mkdir(mode=0o700)
    os.chown(data_dir, nobody.pw_uid, nobody.pw_gid)
    code = f"""
        import sys
        sys.path[:0] = {[str(ROOT), *(entry for entry in sys.path if "site-packages" in entry)]!r}
        from pathlib import Path
        from ragsite.embedded import postgres, valkey
        data_dir = Path({str(data_dir)!r})
        postgres.ensure(data_dir, fsync=False), valkey.ensure(data_dir)
        for server in (postgres.Postgres(data_dir), valkey.Valkey(data_dir)):
            print(server.process().uids().effective)
        print(postgres.stop(data_dir), valkey.stop(data_dir))
    """

    try:
        done = subprocess.run(
            [python, "-c", textwrap.dedent(code)], user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[],
            cwd="/", capture_output=True, text=True, env={},
        )  # fmt: skip
    finally:
        shutil.rmtree(data_dir)

    assert done.stdout.split() == [str(nobody.pw_uid), str(nobody.pw_uid), "True", "True"], done.stderr


def reachable_python(user):
    """An interpreter of our version that `user` may execute, who can also read our code."""
    for python in (sys.executable, "/usr/local/bin/python3", "/usr/bin/python3"):
        check = f"import sys, pathlib; sys.exit(sys.version_info < (3, 11) or not pathlib.Path({str(ROOT)!r}).exists())"
        try:
            done = subprocess.run(
                [python, "-c", check], user=user.pw_uid, group=user.pw_gid, capture_output=True, cwd="/"
            )
        except OSError:
            continue
        if done.returncode == 0:
            return python
    pytest.skip("no Python interpreter that an ordinary user can execute here")
