"""A task that lost many workers runs alone, so that nobody else is taken down with it."""

import threading

import pytest
from django.db import connection
from django.utils import timezone

from documents import jobs, progress, queueing, sweeping
from documents.models import Run, Task, TaskState
from documents.models.claiming import QUARANTINE

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(jobs, "LOOK_SECONDS", 0.0)


@pytest.fixture
def suspect(upload, claimed):
    """A queued task that has just lost its fifth worker."""
    task = claimed(upload("suspect.txt"), lease_seconds=0)
    Task.objects.filter(pk=task.pk).update(lost=QUARANTINE - 1)
    progress.reclaim(task)
    return Task.objects.get(pk=task.pk)


def claim():
    return Task.objects.claim(owner="test", lease_seconds=60)


def test_a_task_that_lost_its_fifth_worker_says_so(suspect):
    suspect.document.refresh_from_db()

    assert (suspect.state, suspect.quarantined) == (TaskState.QUEUED, True)
    assert "in quarantine" in suspect.message
    assert "in quarantine" in suspect.document.progress_msg
    assert list(Task.objects.quarantined()) == [suspect]


def test_it_runs_when_nothing_else_waits_or_runs(suspect, upload):
    queueing.start([upload().pk])

    other = claim()
    assert other.document != suspect.document
    assert claim() is None
    progress.release(other)
    queueing.stop([other.document_id])

    assert claim().pk == suspect.pk


def test_one_that_waits_for_a_later_time_does_not_keep_it_from_running(suspect, upload):
    queueing.start([upload().pk])
    later = timezone.now() + timezone.timedelta(minutes=5)
    Task.objects.exclude(pk=suspect.pk).update(run_after=later)

    assert claim().pk == suspect.pk


def test_while_it_runs_nothing_else_is_claimed_and_nobody_woken(suspect, upload, monkeypatch):
    woken = []
    monkeypatch.setattr(sweeping, "send_wakes", lambda count: woken.append(count) or count)
    alone = claim()
    queueing.start([upload().pk])

    assert claim() is None
    assert sweeping.wake_for_waiting() == 0
    assert woken == []
    progress.release(alone)
    assert claim() is not None


def test_two_of_the_quarantine_run_one_after_the_other(suspect, upload, claimed):
    Task.objects.filter(pk=suspect.pk).update(state=TaskState.RUNNING)
    second = claimed(upload(), lease_seconds=0)
    assert second is None
    Task.objects.filter(state=TaskState.QUEUED).update(lost=QUARANTINE)

    assert claim() is None
    Task.objects.filter(pk=suspect.pk).update(state=TaskState.DONE)
    assert claim() is not None


def test_one_that_finds_another_beside_it_is_handed_back(suspect, upload, claimed):
    claimed(upload())
    Task.objects.filter(pk=suspect.pk).update(state=TaskState.RUNNING, fence=7)  # claimed at the same moment
    suspect.refresh_from_db()

    assert not jobs._alone(suspect)
    progress.release(suspect, "In quarantine: not alone yet, queued again.")

    suspect.refresh_from_db()
    assert (suspect.state, suspect.lost) == (TaskState.QUEUED, QUARANTINE)


def test_of_two_claimed_at_the_same_moment_the_older_stays(suspect, upload, claimed):
    claimed(upload())
    Task.objects.update(state=TaskState.RUNNING, lost=QUARANTINE)
    older, newer = Task.objects.order_by("id")

    assert jobs._alone(older)
    assert not jobs._alone(newer)


def test_a_neighbour_that_was_lost_with_it_ends_well(suspect, stage):
    from documents import publishing

    task = claim()
    stage(task, ["innocent"])

    publishing.publish(task)

    suspect.document.refresh_from_db()
    assert suspect.document.run == Run.DONE


def test_after_ten_the_document_fails_and_says_what_helps(suspect):
    Task.objects.filter(pk=suspect.pk).update(
        state=TaskState.RUNNING, lost=progress.LOST - 1, lease_until=timezone.now()
    )

    progress.reclaim(suspect)

    suspect.document.refresh_from_db()
    assert suspect.document.run == Run.FAIL
    assert "more memory" in suspect.document.progress_msg
    assert "split the file" in suspect.document.progress_msg


def test_a_new_try_begins_outside_of_the_quarantine(suspect):
    queueing.start([suspect.document_id])

    assert Task.objects.open().get().lost == 0


@pytest.mark.django_db(transaction=True)
def test_workers_that_race_never_run_another_beside_it(suspect, upload, monkeypatch):
    monkeypatch.setattr(jobs, "LOOK_SECONDS", 0.2)
    ids = [upload(f"{number}.txt").pk for number in range(30)]
    together, running = [], []
    lock = threading.Lock()

    def work(number):
        try:
            while queueing_left():
                if task := jobs._next():
                    with lock:
                        running.append(task.pk)
                        if task.pk == suspect.pk or suspect.pk in running:
                            together.append(len(running))
                    Task.objects.filter(pk=task.pk).update(state=TaskState.DONE, lease_until=None)
                    with lock:
                        running.remove(task.pk)
        finally:
            connection.close()

    def queueing_left():
        return Task.objects.open().exists()

    queueing.start(ids)
    threads = [threading.Thread(target=work, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert together == [1]
