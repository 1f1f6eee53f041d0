import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest

from ragsite.embedded import postgres
from ragsite.embedded.locks import Lock
from ragsite.embedded.postgres import Postgres
from ragsite.embedded.server import up_lock
from system.errors import Misconfigured, Unavailable

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[3]


def ensure(data_dir):
    return postgres.ensure(data_dir, fsync=False)


def parameters(connection):
    return {
        "host": connection.host,
        "user": connection.user,
        "password": connection.password,
        "dbname": connection.database,
    }


def ask(connection, question):
    with psycopg.connect(**parameters(connection)) as link:
        return link.execute(question).fetchone()[0]


def main_process(data_dir):
    return Postgres(data_dir).process()


def test_first_start_makes_role_database_and_pgvector(data_dir):
    connection = ensure(data_dir)

    assert ask(connection, "SELECT extversion FROM pg_extension WHERE extname = 'vector'")
    assert ask(connection, "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'ragsite'") == "ragsite"
    assert ask(connection, "SELECT rolcreatedb AND NOT rolsuper FROM pg_roles WHERE rolname = 'ragsite'")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_connections", "60"),
        ("shared_buffers", "256MB"),
        ("jit", "off"),
        ("idle_in_transaction_session_timeout", "1min"),
        ("listen_addresses", ""),
        ("data_checksums", "on"),
        ("fsync", "on"),
    ],
)
def test_server_runs_with_the_settings_of_the_design(kept_server, name, value):
    assert ask(kept_server, f"SHOW {name}") == value


@pytest.fixture(scope="module")
def kept_server(tmp_path_factory):
    data_dir = tmp_path_factory.mktemp("kept")
    yield postgres.ensure(data_dir)
    postgres.stop(data_dir)


def test_case_mapping_knows_more_than_english(kept_server):
    assert ask(kept_server, "SELECT upper('äøπж')") == "ÄØΠЖ"


def test_wrong_password_is_refused(kept_server):
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(host=kept_server.host, user="ragsite", password="guess", dbname="ragsite")


def test_superuser_cannot_log_in(kept_server):
    with pytest.raises(psycopg.OperationalError, match=r"no pg_hba\.conf entry"):
        psycopg.connect(host=kept_server.host, user="postgres", password=kept_server.password, dbname="ragsite")


def test_password_is_not_in_the_representation(kept_server):
    assert kept_server.password not in repr(kept_server)


def test_password_and_data_are_open_to_their_owner_only(data_dir):
    ensure(data_dir)

    server = Postgres(data_dir)
    assert stat.S_IMODE(server.password_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
    assert stat.S_IMODE(server.socket.stat().st_mode) == 0o700


def test_running_server_is_used_and_not_started_again(data_dir):
    ensure(data_dir)
    first = main_process(data_dir).pid

    ensure(data_dir)

    assert main_process(data_dir).pid == first


def test_stopped_server_starts_with_its_data(data_dir):
    with psycopg.connect(**parameters(ensure(data_dir))) as link:
        link.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    assert postgres.stop(data_dir)

    assert ask(ensure(data_dir), "SELECT answer FROM kept") == 42


def test_stop_without_a_server_does_nothing(data_dir):
    assert postgres.stop(data_dir) is False


def test_killed_postmaster_is_replaced_and_committed_rows_survive(data_dir):
    connection = postgres.ensure(data_dir)
    with psycopg.connect(**parameters(connection)) as link:
        link.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    main_process(data_dir).kill()

    assert ask(ensure(data_dir), "SELECT answer FROM kept") == 42


@pytest.mark.parametrize(
    "content",
    ["", "12", "not a number\n", f"{os.getpid()}\n/somewhere\n1\n5432\n\n\n", "999999999\n"],
    ids=["empty", "torn", "garbage", "pid of a living process that is no server", "pid of nobody"],
)
def test_pid_file_of_a_dead_server_is_no_obstacle(data_dir, content):
    ensure(data_dir)
    main_process(data_dir).kill()
    server = Postgres(data_dir)
    (server.data / "postmaster.pid").write_text(content)
    (server.data / ".s.PGSQL.5432.lock").write_text(content)

    assert ask(ensure(data_dir), "SELECT 1") == 1


def test_zombie_of_an_old_server_is_no_obstacle(data_dir):
    ensure(data_dir)
    postgres.stop(data_dir)
    server = Postgres(data_dir)
    with server.take() as lock:
        child = server.launch(lock).start(output=subprocess.DEVNULL, errors=subprocess.DEVNULL)
    ensure(data_dir)
    child.kill()

    connection = ensure(data_dir)  # nobody has waited for `child` yet

    assert psutil.Process(child.pid).status() == psutil.STATUS_ZOMBIE
    assert ask(connection, "SELECT 1") == 1
    child.wait()


@pytest.mark.parametrize("state", ["cold", "warm", "killed"])
def test_eight_racing_starters_get_one_server(data_dir, race, state):
    if state != "cold":
        ensure(data_dir)
        postgres.stop(data_dir) if state == "warm" else main_process(data_dir).kill()

    pids = race("postgres", "Postgres")

    assert len(pids) == 1


STARTER = """
import sys
from pathlib import Path
from ragsite.embedded import postgres
postgres.ensure(Path(sys.argv[1]), fsync=False)
"""


def test_starter_killed_during_initdb_leaves_nothing_half_done(data_dir, wait_for):
    server = Postgres(data_dir)
    starter = subprocess.Popen([sys.executable, "-c", STARTER, str(data_dir)], cwd=ROOT)
    wait_for(lambda: (server.home / "cluster.new" / "PG_VERSION").exists())
    starter.kill()
    starter.wait()
    assert not server.data.exists()

    assert ask(ensure(data_dir), "SELECT 1") == 1

    assert not (server.home / "cluster.new").exists()


def test_lost_password_file_is_replaced_at_the_next_start(data_dir):
    ensure(data_dir)
    Postgres(data_dir).password_file.unlink()
    with pytest.raises(Misconfigured, match=r"manage\.py down"):
        ensure(data_dir)
    postgres.stop(data_dir)

    assert ask(ensure(data_dir), "SELECT 1") == 1


def test_path_longer_than_a_socket_address_works(deep_dir):
    connection = ensure(deep_dir)

    assert len(connection.host) < 80
    assert ask(connection, "SELECT 1") == 1


def test_cluster_of_another_version_is_refused_with_the_cure(data_dir):
    ensure(data_dir)
    postgres.stop(data_dir)
    (Postgres(data_dir).data / "PG_VERSION").write_text("16\n")

    with pytest.raises(Misconfigured, match=r"version 16.*dump"):
        ensure(data_dir)


def test_server_that_cannot_start_is_reported_with_its_log(data_dir):
    ensure(data_dir)
    postgres.stop(data_dir)
    (Postgres(data_dir).data / "postgresql.conf").write_text("nonsense = on\n")

    with pytest.raises(Unavailable, match='unrecognized configuration parameter "nonsense"'):
        ensure(data_dir)


def test_server_that_does_not_answer_in_time_is_reported(data_dir):
    server = Postgres(data_dir)

    with server.take(), pytest.raises(Unavailable, match="did not answer within 0 seconds"):
        postgres.ensure(data_dir, timeout=0.2)


def test_nobody_but_a_running_supervisor_starts_servers(data_dir):
    with Lock.take(up_lock(data_dir)), pytest.raises(Unavailable, match="did not answer"):
        postgres.ensure(data_dir, timeout=0.2)

    assert main_process(data_dir) is None


def test_backends_end_with_a_killed_postmaster(data_dir, wait_for):
    connection = ensure(data_dir)
    with psycopg.connect(**parameters(connection)):
        main = main_process(data_dir)
        family = [main, *main.children(recursive=True)]
        main.kill()

        _, alive = psutil.wait_procs(family, timeout=10)

    assert not alive
    wait_for(lambda: not Postgres(data_dir).held())


def test_stop_ends_a_server_that_still_has_clients(data_dir):
    link = psycopg.connect(**parameters(ensure(data_dir)))

    assert postgres.stop(data_dir)

    assert main_process(data_dir) is None
    link.close()


def test_server_whose_data_were_removed_makes_way(data_dir):
    ensure(data_dir)
    stranded = main_process(data_dir)
    shutil.rmtree(data_dir / "postgres")

    connection = ensure(data_dir)

    assert ask(connection, "SELECT 1") == 1
    assert not stranded.is_running()
    assert main_process(data_dir).pid != stranded.pid


def test_a_backend_that_ends_while_one_looks_is_not_taken_for_the_server(data_dir, monkeypatch):
    ensure(data_dir)
    server = main_process(data_dir)

    class Backend(psutil.Process):
        """Just forked, so it still has the server's command line."""

        def cmdline(self):
            return server.cmdline()

        def ppid(self):
            raise psutil.NoSuchProcess(self.pid)

    backend = server.children()[0]
    with monkeypatch.context() as patch:
        patch.setattr(psutil, "process_iter", lambda: [Backend(backend.pid), server])
        found = main_process(data_dir)

    assert found.pid == server.pid
