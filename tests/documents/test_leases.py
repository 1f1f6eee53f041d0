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


def test_steps_are_counted_and_each_has_its_lines(claimed):
    task = claimed()

    with Lease(task) as lease:
        lease.report(0.1, "Parsing.", phase="parse", done=0, total=40)
        for page in range(1, 40):
            lease.report(0.1, f"Page {page}.", phase="parse", done=page, total=40)
        lease.report(0.2, "Page 40.", phase="parse", done=40, total=40)
        lease.report(0.3, "Embedding 1/9.", phase="embed", done=1, total=9)

    now = Task.objects.get(pk=task.pk)
    assert (now.phase, now.phase_done, now.phase_total) == ("embed", 1, 9)
    said = [line.partition(" ")[2] for line in now.log.splitlines()]
    assert said == ["Taken by a worker, try 1.", "Parsing.", "Page 40.", "Embedding 1/9."]


def test_a_count_is_logged_again_after_a_while_and_at_the_end(claimed, monkeypatch):
    task = claimed()

    with Lease(task) as lease:
        lease.report(0.1, "Page 1.", phase="parse", done=1, total=9)
        monkeypatch.setattr("documents.leases.LINE_SECONDS", 0)
        lease.report(0.1, "Page 2.", phase="parse", done=2, total=9)
        monkeypatch.setattr("documents.leases.LINE_SECONDS", 60)
        lease.report(0.1, "Page 3.", phase="parse", done=3, total=9)
        lease.report(0.1, "Page 4.", phase="parse", done=4, total=9)

    said = [line.partition(" ")[2] for line in Task.objects.get(pk=task.pk).log.splitlines()]
    assert said[1:] == ["Page 1.", "Page 2.", "Page 4."]


def test_what_was_reported_last_is_written_though_no_beat_came(claimed, settings):
    settings.RAG_HEARTBEAT_SECONDS = 60
    task = claimed()

    with Lease(task) as lease:
        lease.report(0.7, "Publishing.", phase="publish")

    now = Task.objects.get(pk=task.pk)
    assert (now.progress, now.message, now.phase) == (0.7, "Publishing.", "publish")
    assert now.log.endswith("Publishing.")
