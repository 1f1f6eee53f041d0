"""Sandboxes, one with a child that misbehaves as a document tells it to."""

import pytest

from documents.sandbox import Limits, Sandbox
from tests.documents.sandbox.reading import POISON


@pytest.fixture
def poison():
    with Sandbox(Limits(cpu=60), command=POISON) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox():
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def deed(tmp_path):
    """Write a document that tells the poison child what to do."""

    def write(text):
        path = tmp_path / f"{text}.txt"
        path.write_text(text)
        return str(path)

    return write
