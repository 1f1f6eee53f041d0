"""What all tests share: the cast of three users, clients that speak as them, storage that is thrown away."""

import gc
import os

import hypothesis
import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import Permission
from django.core.files.storage import storages
from django.test import Client
from redis import Redis
from rest_framework.test import APIClient

from documents import waking
from documents.watching.hub import hub
from ragsite.embedded import valkey
from system.rest.authentication import session_token
from tests.factories import APITokenFactory, MembershipFactory, UserFactory

# CI tells what a change broke: it tries the same examples each time. At a desk each run tries new ones.
hypothesis.settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    hypothesis.settings.load_profile("ci")


def pytest_collection_finish():
    """What is loaded by now stays: the collector need not look at a million objects again and again, nor so often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_terminal_summary(terminalreporter):
    """How often the crash tests died, and to what harm: their workers' own output is not shown."""
    found = [
        dict(report.user_properties)
        for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
    ]
    deaths = [told for told in found if "deaths" in told]
    if deaths:
        total, bad = (sum(told[name] for told in deaths) for name in ("deaths", "bad"))
        terminalreporter.write_line(f"crash points: {total} deaths, {bad} bad")


@pytest.fixture
def owner(db):
    return UserFactory(nickname="owner")


@pytest.fixture
def teammate(owner):
    user = UserFactory(nickname="teammate")
    MembershipFactory(tenant=owner.tenant, user=user)
    return user


@pytest.fixture
def stranger(db):
    return UserFactory(nickname="stranger")


@pytest.fixture
def api_as():
    """Make a client of the REST API that speaks as a user, with a token of their tenant."""

    def api_as(user, **token):
        value = APITokenFactory(tenant=user.tenant, created_by=user, **token).value
        client = APIClient(raise_request_exception=False)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {value}")
        return client

    return api_as


@pytest.fixture
def api(api_as, owner):
    """The owner at the REST API."""
    return api_as(owner)


@pytest.fixture
def web_as():
    """Make a client of the web API that speaks as a user, with their session token."""

    def web_as(user):
        client = APIClient(raise_request_exception=False)
        client.credentials(HTTP_AUTHORIZATION=session_token(user))
        return client

    return web_as


@pytest.fixture
def web(web_as, owner):
    """The owner at the web API."""
    return web_as(owner)


@pytest.fixture
def console_as():
    """Make a browser of somebody who is logged in to the console."""

    def console_as(user):
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return console_as


@pytest.fixture
def operator(db):
    return UserFactory(nickname="operator", operator=True)


@pytest.fixture
def console(console_as, operator):
    """The operator at the console."""
    return console_as(operator)


@pytest.fixture
def console_with(db, console_as):
    """Make a browser of a member of staff who has the permissions given (`app.codename`) and no others."""

    def console_with(*permissions):
        user = UserFactory(staff=True)
        for permission in permissions:
            app, codename = permission.split(".")
            user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
        return console_as(user)

    return console_with


@pytest.fixture
def anonymous():
    """Somebody without credentials."""
    return APIClient(raise_request_exception=False)


@pytest.fixture(scope="session")
def bucket_server(tmp_path_factory):
    """A server of buckets, started if need be."""
    from tests.buckets import BucketServer

    server = BucketServer(tmp_path_factory.mktemp("buckets"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def in_bucket(settings, bucket_server, tmp_path):
    """Files of a test go to a bucket, to a folder of their own."""
    options = bucket_server.options(location=tmp_path.name)
    backend = {"BACKEND": "documents.object_storage.ObjectStorage", "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "default": backend}


@pytest.fixture(autouse=True)
def storage(settings, tmp_path, request):
    """Files of a test go with it; `make test-s3` runs the tests that store some with a bucket."""
    settings.RAG_SCRATCH_DIR = tmp_path / "files" / ".incoming"
    if os.environ.get("RAGSITE_TEST_STORAGE") == "s3":
        request.getfixturevalue("in_bucket")
        return
    options = settings.STORAGES["default"].get("OPTIONS", {})
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {**settings.STORAGES["default"], "OPTIONS": {**options, "location": str(tmp_path / "files")}},
    }


@pytest.fixture
def full_disk(monkeypatch):
    """From now on the storage takes no file, or none of a certain size."""

    def full_disk(size=None):
        kind = type(storages["default"])
        save = kind._save

        def full(self, name, content):
            if size in {None, content.size}:
                raise OSError("No space left on device")
            return save(self, name, content)

        monkeypatch.setattr(kind, "_save", full)

    return full_disk


@pytest.fixture(autouse=True)
def nobody_missed_redis(monkeypatch):
    """A process that met no Redis does not look for it again for seconds: tests do not inherit that."""
    monkeypatch.setattr(waking, "_quiet_until", 0.0)


@pytest.fixture(autouse=True)
def nobody_watches():
    """Streams of a test, and the connection of the thread that serves them, end with it."""
    yield
    hub.close()


@pytest.fixture(scope="session")
def valkey_url():
    """The site's own Redis, started if need be."""
    if django_settings.RAG_EMBEDDED_REDIS:
        valkey.ensure(django_settings.RAG_DATA_DIR)
    return django_settings.REDIS_URL


@pytest.fixture
def redis(valkey_url):
    """An empty Redis."""
    with Redis.from_url(valkey_url) as client:
        client.flushdb()
        yield client
