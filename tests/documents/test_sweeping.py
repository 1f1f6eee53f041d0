import pytest

from documents import sweeping
from documents.models import Blob, BlobState, Run, Task, TaskState

pytestmark = pytest.mark.django_db


def test_a_task_of_a_dead_worker_is_queued_again(document, claimed):
    task = claimed(lease_seconds=0)

    done = sweeping.sweep()

    task.refresh_from_db()
    document.refresh_from_db()
    assert done["reclaim_lost"] == 1
    assert task.state == TaskState.QUEUED
    assert document.run == Run.RUNNING


def test_a_task_of_a_living_worker_is_left_alone(claimed):
    task = claimed(lease_seconds=60)

    sweeping.sweep()

    task.refresh_from_db()
    assert task.state == TaskState.RUNNING


def test_an_upload_that_was_cut_off_leaves_nothing(owner, settings):
    settings.RAG_BLOB_GRACE_SECONDS = 0
    Blob.objects.create(tenant=owner.tenant, key="half/written")

    assert sweeping.sweep()["clear_blobs"] == 1
    assert not Blob.objects.exists()


def test_a_pending_upload_within_the_grace_period_is_left_alone(owner):
    Blob.objects.create(tenant=owner.tenant, key="being/written")

    sweeping.sweep()

    assert Blob.objects.get().state == BlobState.PENDING


def test_a_failing_step_does_not_keep_the_others_from_theirs(claimed, monkeypatch, caplog):
    def broken():
        raise RuntimeError("broken")

    task = claimed(lease_seconds=0)
    monkeypatch.setattr(sweeping, "STEPS", (broken, sweeping.reclaim_lost))

    done = sweeping.sweep()

    assert done == {"reclaim_lost": 1}
    assert "sweeping: broken" in caplog.text
    assert Task.objects.get(pk=task.pk).state == TaskState.QUEUED
