"""kill -9 of a worker in the middle of a reindex."""

import os
import signal
import time

import pytest
from django.db import connections
from django.utils import timezone

from documents import reindexing
from documents.models import Reindex, ReindexState
from documents.reindexing import dense
from knowledgebases.models import DenseRow
from tests.documents.reindexing.conftest import SIZE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]


def worker():
    """A process that reindexes until nothing is left; its id."""
    connections.close_all()  # the child gets connections of its own
    if pid := os.fork():
        return pid
    try:
        while reindexing.advance():
            pass
    finally:
        os._exit(0)


def test_a_worker_that_is_killed_costs_a_batch_at_most(begun, models):
    job = begun()
    batches = []

    def hang(model, texts):
        batches.append(len(texts))
        if sum(batches) > dense.BATCH + 32:  # in the second batch: the first is written
            time.sleep(60)

    models.before = lambda model, texts: hang(model, texts) if "swims" in texts[0] else None
    victim = worker()
    deadline = time.monotonic() + 30
    while sum(batches) <= dense.BATCH + 32 and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(victim, signal.SIGKILL)
    os.waitpid(victim, 0)
    kept = DenseRow.objects.exclude(space=job.former_space).count()
    models.before = lambda model, texts: None
    models.asked.clear()

    Reindex.objects.update(lease_until=timezone.now())  # time goes by
    os.waitpid(worker(), 0)

    job.refresh_from_db()
    assert kept == dense.BATCH
    assert (job.state, job.done) == (ReindexState.READY, SIZE)
    assert len(models.texts("new")) == SIZE - kept + dense.SAMPLES
