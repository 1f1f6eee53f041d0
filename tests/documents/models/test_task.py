import threading

import pytest
from django.db import connection, connections

from documents import queueing
from documents.models import Task, TaskState

pytestmark = pytest.mark.django_db


def test_nothing_queued_claims_nothing():
    assert Task.objects.claim(owner="test", lease_seconds=1) is None


def test_a_claim_takes_a_lease_under_a_fresh_fence(upload):
    documents = [upload(f"{number}.txt") for number in range(2)]
    queueing.start([document.pk for document in documents])

    first = Task.objects.claim(owner="one", lease_seconds=5)
    second = Task.objects.claim(owner="two", lease_seconds=5)

    assert first.pk != second.pk
    assert second.fence > first.fence > 0
    assert (first.state, first.owner, first.claims) == (TaskState.RUNNING, "one", 1)
    assert Task.objects.claim(owner="three", lease_seconds=5) is None


def test_higher_priority_goes_first(upload):
    for number in range(3):
        queueing.start([upload(f"{number}.txt").pk])
    urgent = Task.objects.order_by("pk").last()
    Task.objects.filter(pk=urgent.pk).update(priority=500)

    assert Task.objects.claim(owner="test", lease_seconds=1).pk == urgent.pk


def test_the_tenant_with_the_fewest_running_tasks_goes_first(upload, kb, stranger):
    from knowledgebases.models import Knowledgebase

    foreign = Knowledgebase.objects.create(
        tenant=stranger.tenant, created_by=stranger, name="Other", embd_id=kb.embd_id
    )
    queueing.start([upload(f"{number}.txt").pk for number in range(20)])
    queueing.start([upload("small.txt", to=foreign).pk])

    tenants = [Task.objects.claim(owner="test", lease_seconds=9).tenant_id for _ in range(2)]

    assert set(tenants) == {kb.tenant_id, foreign.tenant_id}


def test_a_task_that_waits_is_not_claimed_before_its_time(document, claimed):
    task = claimed()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE rag_task SET state = 'queued', run_after = now() + interval '1 hour' WHERE id = %s", [task.pk]
        )

    assert Task.objects.claim(owner="test", lease_seconds=1) is None
    assert not Task.objects.claimable().exists()


def test_a_beat_never_takes_progress_back(claimed):
    task = claimed()

    task.beat(lease_seconds=5, progress=0.5, message="half")
    task.beat(lease_seconds=5, progress=0.2)

    task.refresh_from_db()
    assert (task.progress, task.message) == (0.5, "half")


def test_a_beat_under_an_old_fence_is_refused(claimed):
    task = claimed()
    task.fence -= 1

    assert not task.beat(lease_seconds=5, progress=0.5)


@pytest.mark.django_db(transaction=True)
def test_racing_workers_never_claim_the_same_task(upload):
    queueing.start([upload(f"{number}.txt").pk for number in range(40)])
    claims, lock = [], threading.Lock()

    def work():
        try:
            while task := Task.objects.claim(owner="racer", lease_seconds=60):
                with lock:
                    claims.append(task.pk)
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    # A claim skips what another is just taking, so a racer may stop early; nothing is claimed twice all the same.
    assert len(claims) == len(set(claims))
    assert len(claims) + Task.objects.claimable().count() == 40
