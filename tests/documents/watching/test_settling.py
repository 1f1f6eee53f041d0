import dataclasses
import threading

import pytest

from documents.models import Run
from documents.watching import sights
from documents.watching.settling import Wait
from documents.watching.streams import Removed, Stream, Target

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("how", ["done", "removed"])
def test_a_wait_asks_the_database_when_something_may_have_finished(claimed, document, right, monkeypatch, how):
    claimed()
    (sight,) = sights.by_id([document.pk])
    ended = {"done": dataclasses.replace(sight, run=Run.DONE), "removed": Removed(document.pk)}[how]
    target = Target(datasets=frozenset([document.kb_id]))
    stream, taken, asked = Stream(target, right()), threading.Semaphore(0), []
    take = stream.take

    def counted(seconds):
        taken.release()
        return take(seconds)

    def tell():
        for step in range(3):
            taken.acquire(timeout=5)
            stream.tell({sight.id: dataclasses.replace(sight, progress=step / 10)}, None)
        taken.acquire(timeout=5)
        stream.tell({sight.id: ended}, None)

    monkeypatch.setattr(stream, "take", counted)
    monkeypatch.setattr("documents.watching.settling.hub.join", lambda *_: stream)
    monkeypatch.setattr(Wait, "under_way", lambda _: bool(asked.append(1)) or len(asked) < 2)
    teller = threading.Thread(target=tell)
    teller.start()

    with Wait(target, right(), 20) as wait:
        under_way = wait.until_finished()

    assert not under_way
    teller.join(5)
    assert not teller.is_alive()
    assert len(asked) == 2


def test_a_wait_ends_with_its_stream(claimed, document, right, monkeypatch):
    claimed()
    stream = Stream(Target(datasets=frozenset([document.kb_id])), right())
    stream.end("stopping")
    monkeypatch.setattr("documents.watching.settling.hub.join", lambda *_: stream)

    with Wait(stream.target, right(), 20) as wait:
        assert wait.until_finished()
