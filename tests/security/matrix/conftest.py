"""The world of a module, and what is written to the log while a call is answered."""

import io
import logging
from collections import Counter

import pytest
from django.conf import settings
from django.db import transaction
from django.test import override_settings
from rest_framework.test import APIClient

from tests.security.matrix import world as worlds


@pytest.fixture(scope="module", autouse=True)
def storage(tmp_path_factory):
    """Files stay as long as the world does."""
    default = settings.STORAGES["default"]
    options = {**default.get("OPTIONS", {}), "location": str(tmp_path_factory.mktemp("files"))}
    with override_settings(STORAGES={**settings.STORAGES, "default": {**default, "OPTIONS": options}}):
        yield


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker, storage, valkey_url):
    """Two tenants, gone again after the module; nothing in it is ever committed."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield worlds.build()
        transaction.set_rollback(True)


@pytest.fixture
def client():
    return APIClient(raise_request_exception=False)


@pytest.fixture(scope="module")
def log():
    """What the site writes to its log, as it writes it."""
    handler = next(handler for handler in logging.getLogger().handlers if handler.get_name() == "stderr")
    usual = handler.setStream(io.StringIO())
    yield handler.stream
    handler.setStream(usual)


@pytest.fixture(scope="module")
def calls(request):
    """A counter of calls, told at the end of the module."""
    counter = Counter()
    yield counter
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        for what, number in counter.items():
            print(f"\n{what}: {number}")
