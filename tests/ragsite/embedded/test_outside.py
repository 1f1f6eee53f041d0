import socket

import pytest
from django.db.backends.postgresql.base import DatabaseWrapper

from ragsite.embedded import outside, postgres, valkey
from system.errors import Misconfigured

SECRET = "s3cret-w0rd"


@pytest.fixture(autouse=True)
def unblocked(django_db_blocker):
    """These databases are the test's own."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture
def unused_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def database(**changes):
    values = {
        "ATOMIC_REQUESTS": False, "AUTOCOMMIT": True, "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False, "OPTIONS": {},
        "TIME_ZONE": None, "USER": "rag", "PASSWORD": SECRET, "HOST": "127.0.0.1", "PORT": 5432, "NAME": "books",
    }  # fmt: skip
    return DatabaseWrapper(values | changes, alias="outside")


def test_unreachable_database_is_named_without_its_password(unused_port):
    with pytest.raises(Misconfigured) as caught:
        outside.check_database(database(PORT=unused_port))

    assert f"database 'books' on 127.0.0.1:{unused_port} as 'rag'" in caught.value.message
    assert "mend DATABASE_URL" in caught.value.message
    assert SECRET not in caught.value.message


@pytest.mark.processes
def test_reachable_database_with_pgvector_is_accepted(data_dir):
    found = postgres.ensure(data_dir, fsync=False)

    outside.check_database(database(HOST=found.host, PORT="", USER=found.user, PASSWORD=found.password, NAME="ragsite"))


def test_unreachable_redis_is_named_without_its_password(unused_port):
    with pytest.raises(Misconfigured) as caught:
        outside.check_redis(f"redis://:{SECRET}@127.0.0.1:{unused_port}/0")

    assert f"Redis at 127.0.0.1:{unused_port}" in caught.value.message
    assert "mend REDIS_URL" in caught.value.message
    assert SECRET not in caught.value.message


def test_url_of_no_known_kind_is_refused():
    with pytest.raises(Misconfigured, match="mend REDIS_URL"):
        outside.check_redis("postgres://somewhere")


@pytest.mark.processes
def test_reachable_redis_is_accepted(data_dir):
    outside.check_redis(valkey.ensure(data_dir))
