import time

import pytest

from documents import queueing
from documents.leases import Lease, LeaseLost
from documents.models import Task

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quick_heartbeat(settings):
    settings.RAG_HEARTBEAT_SECONDS = 0.05


def wait_until(condition, seconds=5.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.01)


def test_beats_prolong_the_lease_and_carry_progress(claimed):
    task = claimed(lease_seconds=1)
    until = Task.objects.get(pk=task.pk).lease_until

    with Lease(task) as lease:
        lease.report(0.3, "Parsing.")
        wait_until(lambda: Task.objects.get(pk=task.pk).progress == 0.3)

    now = Task.objects.get(pk=task.pk)
    assert now.lease_until > until
    assert now.message == "Parsing."


def test_a_canceled_task_is_noticed_and_its_child_killed(document, claimed):
    killed = []
    task = claimed()

    with Lease(task, on_lost=lambda: killed.append(True)) as lease:
        queueing.stop([document.pk])
        wait_until(lambda: not lease.alive)

        with pytest.raises(LeaseLost):
            lease.check()

    assert killed == [True]


def test_a_deleted_row_is_a_lost_lease(document, claimed):
    task = claimed()

    with Lease(task) as lease:
        document.delete()
        wait_until(lambda: not lease.alive)
