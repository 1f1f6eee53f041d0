"""Settings of the test suite: real servers out of the wheels, under var/test, without fsync."""

import os
from pathlib import Path

os.environ.setdefault("RAGSITE_DATA_DIR", str(Path(__file__).resolve().parents[2] / "var" / "test"))

from ragsite.settings.base import *  # noqa: F403
from ragsite.settings.base import DATABASES

DATABASES["default"]["CONN_MAX_AGE"] = 0
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # hashing is Django's business, not ours
RAG_EMBEDDED_FSYNC = False
