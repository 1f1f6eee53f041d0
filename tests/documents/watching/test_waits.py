"""A wait takes as long as the work, not as long as it may: with a real stream, and documents that end."""

import threading
import time

import pytest
from django.db import connections

from documents import queueing
from documents.watching.hub import hub
from documents.watching.settling import Wait
from documents.watching.streams import Target

pytestmark = pytest.mark.django_db(transaction=True)

LONG = 60.0  # seconds; a wait that is over is so within a few


@pytest.fixture
def wait(kb, right):
    """A wait for the dataset."""
    return lambda seconds: Wait(Target(datasets=frozenset([kb.pk]), documents=None), right(), seconds)


def test_a_wait_ends_with_the_work(wait, document):
    queueing.start([document.pk])

    def end():
        time.sleep(0.3)
        queueing.stop([document.pk])
        connections.close_all()

    ending, began = threading.Thread(target=end), time.monotonic()
    with wait(LONG) as waiting:
        ending.start()
        assert waiting.until_finished() is False
    ending.join()

    assert time.monotonic() - began < LONG / 2
    assert len(hub) == 0


def test_where_nothing_is_under_way_nobody_waits(wait, document):
    began = time.monotonic()

    with wait(LONG) as waiting:
        assert waiting.until_finished() is False

    assert time.monotonic() - began < LONG / 2


def test_a_wait_of_no_time_takes_no_place_among_the_streams(wait, document, settings):
    settings.RAG_STREAMS = 0
    queueing.start([document.pk])

    with wait(0) as waiting:
        assert waiting.until_finished() is True
