"""The tiny documents of the crash tests, and parts of the site that fail at a call of one's choice."""

from contextlib import contextmanager

import pytest
from django.db import connection

from tests.boundaries import watched
from tests.crash.conftest import _calm, expected, is_done, kb, parsed, started, upload  # noqa: F401 -- fixtures


@pytest.fixture
def failing():
    """Have the n-th of the boundaries that `matches(when, what)` tells end with `fault()`; tells whether it came."""

    @contextmanager
    def failing(number, matches, fault):
        seen = {"count": 0}

        def act(when, what):
            if not matches(when, what):
                return
            seen["count"] += 1
            if seen["count"] == number + 1:
                fault()

        try:
            with watched(act):
                yield seen
        finally:
            connection.close()  # as the end of a request or a task does where it has become useless

    return failing
