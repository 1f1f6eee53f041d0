"""A pytest plugin that notes which test file calls which route: `-p tests.contract.recording`."""

import json
import os
from collections import Counter
from pathlib import Path

import pytest
from django.core.signals import request_started

FILE = "RAGSITE_RECORDING"  # the environment variable that names the file to write

_calls: Counter[tuple[str, str, str]] = Counter()
_running = ""


def _note(sender: object, environ: dict[str, str], **kwargs: object) -> None:
    _calls[environ["REQUEST_METHOD"], environ["PATH_INFO"], _running] += 1


def pytest_configure() -> None:
    request_started.connect(_note)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    global _running
    _running = str(item.path.relative_to(Path(__file__).parents[1]))


def pytest_sessionfinish() -> None:
    calls = [[*call, count] for call, count in _calls.items()]
    Path(os.environ[FILE]).write_text(json.dumps(calls))
