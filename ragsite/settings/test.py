"""Settings of the test suite: real servers out of the wheels, under var/test, without fsync."""

import os
from pathlib import Path

os.environ.setdefault("RAGSITE_DATA_DIR", str(Path(__file__).resolve().parents[2] / "var" / "test"))

from ragsite.settings.base import *  # noqa: F403
from ragsite.settings.base import DATABASES, RAG_EMBEDDED_REDIS, REDIS_URL, RQ_QUEUES

DATABASES["default"]["CONN_MAX_AGE"] = 0
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # hashing is Django's business, not ours
RAG_EMBEDDED_FSYNC = False
RAG_STREAM_SECONDS = RAG_WAIT_SECONDS = 1  # requests that are made of the API's description take what it allows
WHITENOISE_AUTOREFRESH = True  # else every client of a test looks at all static files before its first request

# Tests that run side by side (pytest-xdist) have a database each, in PostgreSQL by pytest-django, in Redis by this.
if RAG_EMBEDDED_REDIS:
    REDIS_URL = REDIS_URL.replace("db=0", f"db={os.environ.get('PYTEST_XDIST_WORKER', 'gw0').removeprefix('gw')}")
    RQ_QUEUES = {name: {**queue, "URL": REDIS_URL} for name, queue in RQ_QUEUES.items()}
