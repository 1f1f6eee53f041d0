import pytest
from django.db.utils import OperationalError, load_backend
from django.test import override_settings

from ragsite.embedded.postgres import Postgres

pytestmark = pytest.mark.processes


@pytest.fixture
def connect(data_dir, django_db_blocker):
    """Connections of Django's to the embedded database of a directory of the test's own."""
    opened = []
    defaults = {
        "ATOMIC_REQUESTS": False, "AUTOCOMMIT": True, "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False, "OPTIONS": {},
        "TIME_ZONE": None, "USER": "", "PASSWORD": "", "HOST": "", "PORT": "", "NAME": "ragsite",
    }  # fmt: skip

    def make(**changes):
        wrapper = load_backend("ragsite.embedded.database").DatabaseWrapper(defaults | changes, alias="embedded")
        wrapper.inc_thread_sharing()
        opened.append(wrapper)
        return wrapper

    with django_db_blocker.unblock(), override_settings(RAG_DATA_DIR=data_dir, RAG_EMBEDDED_FSYNC=False):
        yield make
        for wrapper in opened:
            wrapper.connection and wrapper.connection.close()


def one(wrapper, question="SELECT 1"):
    wrapper.ensure_connection()
    return wrapper.connection.execute(question).fetchone()[0]


def test_first_connection_starts_the_server(connect, data_dir):
    assert one(connect()) == 1
    assert one(connect(), "SHOW fsync") == "off"


def test_later_connections_find_it_running(connect, data_dir):
    one(connect())
    first = Postgres(data_dir).process().pid

    one(connect())

    assert Postgres(data_dir).process().pid == first


def test_server_that_died_is_started_by_the_next_connection(connect, data_dir):
    one(connect())
    Postgres(data_dir).process().kill()

    assert one(connect()) == 1


def test_errors_that_no_start_can_mend_are_shown_as_they_are(connect):
    one(connect())

    with pytest.raises(OperationalError, match='database "missing" does not exist'):
        connect(NAME="missing").ensure_connection()


def test_options_of_the_settings_reach_the_server(connect):
    wrapper = connect(OPTIONS={"options": "-c statement_timeout=1234"})

    assert one(wrapper, "SHOW statement_timeout") == "1234ms"


def test_databases_that_are_made_later_have_pgvector(connect):
    wrapper = connect()
    one(wrapper)
    wrapper.connection.autocommit = True
    wrapper.connection.execute("CREATE DATABASE test_ragsite")

    assert one(connect(NAME="test_ragsite"), "SELECT '[1,2]'::vector <-> '[1,2]'") == 0.0
