import pytest
from django.utils import timezone

from documents import progress
from documents.leases import LeaseLost
from documents.models import Document, Run, Task, TaskState
from system.errors import DocumentFault, FaultCode, Misconfigured, Unavailable

pytestmark = pytest.mark.django_db

CRASH = DocumentFault(FaultCode.CRASHED, "The parser died.", retry=True)
ENCRYPTED = DocumentFault(FaultCode.ENCRYPTED, "The file is encrypted. Upload it without a password.")


def again(task):
    """Claim the task once more, whatever back-off it has."""
    Task.objects.filter(pk=task.pk).update(run_after=timezone.now())
    return Task.objects.claim(owner="again", lease_seconds=60)


def test_a_crash_is_tried_twice_then_fails_the_document(document, claimed):
    task = claimed()
    progress.fail_or_retry(task, CRASH)
    document.refresh_from_db()
    assert document.run == Run.RUNNING

    progress.fail_or_retry(again(task), CRASH)

    document.refresh_from_db()
    assert (document.run, document.progress) == (Run.FAIL, -1)
    assert "[ERROR] The parser died." in document.progress_msg.splitlines()[-1]


@pytest.mark.parametrize("error", [ENCRYPTED, Misconfigured("No such model.")], ids=["encrypted", "misconfigured"])
def test_what_cannot_get_better_fails_at_once(document, claimed, error):
    progress.fail_or_retry(claimed(), error)

    document.refresh_from_db()
    assert document.run == Run.FAIL
    assert error.message in document.progress_msg


def test_an_unavailable_model_counts_nothing_against_the_document(document, claimed):
    task = claimed()

    for _ in range(progress.WAITS - 1):
        progress.fail_or_retry(task, Unavailable("The endpoint answers 429."))
        document.refresh_from_db()
        assert document.run == Run.RUNNING
        task = again(task)
    progress.fail_or_retry(task, Unavailable("The endpoint answers 429."))

    document.refresh_from_db()
    task.refresh_from_db()
    assert (document.run, task.faults, task.waits) == (Run.FAIL, 0, progress.WAITS)


def test_the_back_off_doubles(claimed):
    task = claimed()
    before = timezone.now()
    pauses = []

    for _ in range(3):
        progress.fail_or_retry(task, Unavailable("429"))
        pauses.append(round((Task.objects.get(pk=task.pk).run_after - before).total_seconds()))
        task = again(task)

    assert pauses == [2, 4, 8]


def test_an_endpoint_that_asks_for_a_pause_gets_it(claimed):
    task = claimed()
    before = timezone.now()

    progress.fail_or_retry(task, Unavailable("429", headers={"Retry-After": "40"}))

    assert round((Task.objects.get(pk=task.pk).run_after - before).total_seconds()) == 40


def test_a_bug_is_shown_without_its_trace(document, claimed):
    task = claimed()
    progress.fail_or_retry(task, ZeroDivisionError("/home/secret/path"))
    progress.fail_or_retry(again(task), ZeroDivisionError("/home/secret/path"))

    document.refresh_from_db()
    assert document.run == Run.FAIL
    assert "secret" not in document.progress_msg


def test_a_lost_lease_is_queued_again_and_shuts_the_old_worker_out(document, claimed):
    task = claimed(lease_seconds=0)

    assert progress.reclaim(task)

    task_now = Task.objects.get(pk=task.pk)
    assert (task_now.state, task_now.lost, task_now.faults) == (TaskState.QUEUED, 1, 0)
    assert not task.beat(lease_seconds=9, progress=0.5)
    with pytest.raises(LeaseLost):
        progress.fail_or_retry(task, CRASH)


def test_a_lease_that_holds_is_not_reclaimed(claimed):
    task = claimed(lease_seconds=60)

    assert not progress.reclaim(task)


def test_a_document_that_takes_every_worker_down_fails_in_the_end(document, claimed):
    task = claimed(lease_seconds=0)
    Task.objects.filter(pk=task.pk).update(lost=progress.LOST - 1)

    progress.reclaim(task)

    document.refresh_from_db()
    assert document.run == Run.FAIL
    assert f"lost {progress.LOST} times" in document.progress_msg


def test_a_released_task_counts_against_nobody(claimed):
    task = claimed()

    progress.release(task)

    task.refresh_from_db()
    assert (task.state, task.lost, task.faults) == (TaskState.QUEUED, 0, 0)


def test_live_progress_is_that_of_the_running_task(document, claimed):
    task = claimed()
    task.beat(lease_seconds=9, progress=0.4, message="Embedding 4/10 chunks.")

    shown = Document.objects.with_progress().get(pk=document.pk)

    assert (shown.live_progress, shown.live_message) == (0.4, "Embedding 4/10 chunks.")
    assert document.progress < 0.01
