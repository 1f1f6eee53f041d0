"""Watchers: a right that holds, a stream of the process's hub, and what it was told."""

import time

import pytest

from documents.watching import waiting
from documents.watching.hub import hub
from documents.watching.streams import Target


@pytest.fixture(autouse=True)
def one_worker(monkeypatch):
    """Whatever other tests have left in Redis."""
    monkeypatch.setattr(waiting, "workers_alive", lambda: 1)


class Right:
    """A permit that a test takes away."""

    def __init__(self, user_id="somebody"):
        self.user_id = self.key = user_id
        self.holds = True

    def reachable(self, datasets):
        return datasets if self.holds else []


class Watcher:
    """A stream, and all it was told."""

    def __init__(self, stream):
        self.stream = stream
        self.events, self.until, self.ended = [], None, None

    def sees(self, condition, seconds=30.0):
        """Wait for an event of which `condition` is true; returns it."""
        deadline = time.monotonic() + seconds
        while True:
            if found := next((event for event in self.events if condition(event)), None):
                return found
            assert time.monotonic() < deadline, f"not seen: {self.events}"
            self.read(0.5)

    def read(self, seconds):
        batch = self.stream.take(seconds)
        self.events += batch.events
        self.until, self.ended = batch.until, batch.end

    def ends(self, seconds=5.0):
        deadline = time.monotonic() + seconds
        while not self.ended and time.monotonic() < deadline:
            self.read(0.5)
        return self.ended


@pytest.fixture
def right():
    return Right


@pytest.fixture
def watch(kb):
    """Open a stream of the dataset, or of documents of it."""

    def watch(*documents, since=None, resumed=False, permit=None):
        names = frozenset(document.pk for document in documents)
        target = Target(datasets=frozenset([kb.pk]), documents=names or None)
        return Watcher(hub.join(target, permit or Right(), since, resumed=resumed))

    return watch
