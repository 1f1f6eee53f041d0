"""What comes between a reindex and its goal: documents, people, deaths, and models that fail."""

import time

import pytest
from django.utils import timezone

from documents import jobs, reindexing, removal
from documents.models import Reindex, ReindexState, Task
from documents.reindexing import dense, working
from knowledgebases.models import DenseRow
from tests.documents.reindexing.conftest import SIZE

pytestmark = pytest.mark.django_db(transaction=True)


class Killed(BaseException):
    """Stands for kill -9: nothing catches it."""


def test_a_worker_that_dies_loses_a_batch_at_most(begun, work, models, monkeypatch):
    begun()
    make, made = dense.Dense.make, []

    def dying(self, batch):
        made.append(make(self, batch))
        if len(made) == 2:
            raise Killed
        return made[-1]

    with monkeypatch.context() as patch:
        patch.setattr(dense.Dense, "make", dying)
        with pytest.raises(Killed):
            work()
    Reindex.objects.update(lease_until=timezone.now())  # time goes by
    job = work()

    assert job.state == ReindexState.READY
    assert len(models.texts("new")) == SIZE + dense.BATCH + dense.SAMPLES


def test_documents_go_first(begun, monkeypatch, models):
    begun()
    monkeypatch.setattr(type(Task.objects.all()), "claimable", lambda self: Reindex.objects.all())

    assert reindexing.advance()

    job = Reindex.objects.get()
    assert (job.state, job.done) == (ReindexState.QUEUED, dense.BATCH)


def test_an_overdue_reindex_gets_a_batch(begun):
    begun()

    assert reindexing.advance(overdue=True)
    assert not reindexing.advance(overdue=True)

    assert Reindex.objects.get().done == dense.BATCH


def test_a_wake_looks_for_overdue_ones_between_tasks(db, monkeypatch):
    tasks, looks = iter([Task(pk=1), Task(pk=2), None]), []
    monkeypatch.setattr(jobs, "OVERDUE", 0.001)
    monkeypatch.setattr(jobs, "_next", lambda: next(tasks))
    monkeypatch.setattr(jobs, "run", lambda *_, **__: time.sleep(0.002))
    for name in ("tidy", "at_work"):
        monkeypatch.setattr(jobs, name, lambda *_: None)
    monkeypatch.setattr(reindexing, "advance", lambda stopping, *, overdue=False: looks.append(overdue))

    jobs.wake()

    assert looks.count(True) >= 3
    assert looks[-1] is False


def test_a_dataset_that_is_deleted_is_not_reindexed_any_more(begun, kb):
    begun()
    type(kb).objects.filter(pk=kb.pk).update(deleted_at=timezone.now())

    assert not reindexing.advance()


def test_a_dataset_that_is_deleted_while_it_is_built_ends_it(begun, kb, models):
    begun()
    models.before = lambda model, texts: type(kb).objects.filter(pk=kb.pk).update(deleted_at=timezone.now())

    assert reindexing.advance()

    assert DenseRow.objects.count() == SIZE


def test_documents_that_are_removed_take_all_their_vectors_along(begun, work, filled):
    begun()
    work()

    removal.remove([filled.pk])

    assert not DenseRow.objects.exists()


def test_a_pause_stops_the_worker_at_its_batch(begun, models, work):
    job = begun()
    models.before = lambda model, texts: Reindex.objects.get().state == "building" and reindexing.pause(job)

    assert reindexing.advance()
    paused = Reindex.objects.get()
    models.before = lambda model, texts: None
    reindexing.resume(paused)

    assert (paused.state, paused.done) == (ReindexState.PAUSED, 0)
    assert work().state == ReindexState.READY


@pytest.mark.parametrize(("status", "state"), [(503, "queued"), (401, "failed")], ids=["busy", "refused"])
def test_a_model_that_fails_is_told(begun, models, status, state):
    begun()
    models.refusal = status

    assert reindexing.advance()

    job = Reindex.objects.get()
    assert job.state == state
    assert "out of order" in job.message
    assert job.waits == (1 if state == "queued" else 0)
    assert not reindexing.advance()


def test_a_model_that_stays_away_fails_the_reindex(begun, models):
    begun()
    models.refusal = 503
    Reindex.objects.update(waits=working.WAITS - 1)

    reindexing.advance()

    assert Reindex.objects.get().state == ReindexState.FAILED


def test_a_reindex_that_takes_its_worker_down_again_and_again_fails(begun):
    begun()
    Reindex.objects.update(claims=working.LOST)

    reindexing.advance()

    assert Reindex.objects.get().state == ReindexState.FAILED
    assert "lost" in Reindex.objects.get().message
