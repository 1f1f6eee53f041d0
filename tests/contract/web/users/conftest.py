"""The caller's account at the web API."""

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def no_failures():
    """Failed logins of other tests do not count."""
    cache.clear()


@pytest.fixture
def change(web):
    """Post settings; returns the answer."""

    def change(**body):
        return web.post("/v1/user/setting", body, format="json")

    return change
