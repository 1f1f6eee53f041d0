"""Killed anywhere between the claim of a task and the end of its publication, a document reaches DONE, once."""

import os

import pytest

from documents.ingestion import parts
from tests.crash.dying import Content, ingest, sweep_of

pytestmark = pytest.mark.django_db(transaction=True)

ALL = "RAGSITE_CRASHES" in os.environ  # every boundary of what has hundreds, for an hour without hurry


def test_a_worker_that_dies_anywhere_while_it_ingests(started, expected, is_done, none_bad):
    none_bad(sweep_of("ingest", started, lambda document: ingest(), check=is_done(expected)), at_least=45)


def test_a_worker_that_dies_anywhere_while_it_ingests_a_large_file_in_parts(
    started, parsed, is_done, none_bad, monkeypatch
):
    monkeypatch.setattr(parts, "PART", 2)
    expected = Content.of(parsed().pk)

    tally = sweep_of(
        "ingest in parts", started, lambda document: ingest(), check=is_done(expected), step=1 if ALL else 3
    )

    none_bad(tally, at_least=25)
