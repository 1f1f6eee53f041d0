from datetime import timedelta

import pytest
from django.utils import timezone

from documents import queueing
from documents.models import Run, Task
from ragsite import overview
from ragsite.overview import Part, Queue
from system import heartbeats
from system.health import Finding
from tests.factories import APITokenFactory, DocumentFactory, KnowledgebaseFactory


@pytest.fixture
def kb(owner):
    return KnowledgebaseFactory(owner=owner)


WELL = [Part("Database", Finding("db", 1.0))]
ALIVE = Queue(queued=0, running=0, oldest=None, workers=2)


def concerns(user, *, parts=WELL, queue=ALIVE):
    return [concern.what for concern in overview.concerns(user, parts, queue, overview.counts())]


def test_all_well_is_no_concern(operator, kb):
    DocumentFactory(kb=kb, run=Run.DONE)

    assert concerns(operator) == []


def test_counts_follow_the_rows_that_are_not_deleted(kb, owner):
    DocumentFactory(kb=kb, run=Run.DONE)
    DocumentFactory(kb=kb, run=Run.FAIL)
    gone = KnowledgebaseFactory(owner=owner, deleted_at=timezone.now())
    DocumentFactory(kb=gone)

    counts = overview.counts()

    assert (counts.datasets, counts.documents) == (1, 2)
    assert counts.states == [(Run.DONE, "done", 1), (Run.FAIL, "failed", 1)]


def test_the_queue_tells_what_waits_and_since_when(kb):
    queueing.start([DocumentFactory(kb=kb).pk, DocumentFactory(kb=kb).pk])
    Task.objects.claim(owner="test", lease_seconds=60)
    Task.objects.update(created_at=timezone.now() - timedelta(minutes=9))

    queue = overview.queue(redis_well=False)

    assert (queue.queued, queue.running, queue.workers, queue.wait) == (1, 1, 0, "9 minutes")


def test_workers_count_as_long_as_they_beat(db, redis):
    heartbeats.beat("host:1", boot_at=0, done=0, failed=0, working=False)

    assert overview.queue(redis_well=True).workers == 1


def test_failed_documents_and_ending_tokens_are_concerns(operator, owner, kb):
    DocumentFactory(kb=kb, run=Run.FAIL)
    APITokenFactory(tenant=owner.tenant, expires_at=timezone.now() + timedelta(days=2))
    APITokenFactory(tenant=owner.tenant, expires_at=timezone.now() + timedelta(days=200))

    assert concerns(operator) == ["1 document has failed", "1 API token expires within 7 days"]


def test_a_reader_hears_only_of_what_they_may_see(owner, kb):
    DocumentFactory(kb=kb, run=Run.FAIL)
    APITokenFactory(tenant=owner.tenant, expires_at=timezone.now() + timedelta(days=2))

    assert concerns(owner) == []


def test_the_gravest_comes_first(operator, kb):
    DocumentFactory(kb=kb, run=Run.FAIL)
    ill = [Part("File storage", Finding("storage", 1000.0, "no answer within 1 s"))]
    nobody = Queue(queued=3, running=0, oldest=timezone.now(), workers=0)

    assert concerns(operator, parts=ill, queue=nobody) == [
        "File storage is not well",
        "No worker is alive",
        "1 document has failed",
    ]


def test_a_long_wait_is_a_concern(operator):
    slow = Queue(queued=3, running=2, oldest=timezone.now() - timedelta(minutes=20), workers=2)

    assert concerns(operator, queue=slow) == ["A task has waited for 20 minutes"]
