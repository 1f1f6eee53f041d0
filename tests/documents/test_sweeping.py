import pytest
from django.core.files.storage import storages
from django.db import connection

from documents import progress, sweeping
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


@pytest.mark.django_db(transaction=True)
def test_a_task_that_is_just_being_published_is_not_reclaimed(document, claimed):
    task = claimed(lease_seconds=0)
    publisher = connection.copy()
    with publisher.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT 1 FROM rag_document WHERE id = %s FOR NO KEY UPDATE", [document.pk])

        done = sweeping.sweep()

        cursor.execute("ROLLBACK")
    publisher.close()
    task.refresh_from_db()
    assert done["reclaim_lost"] == 0
    assert task.state == TaskState.RUNNING


def test_one_task_that_resists_does_not_keep_the_others_from_being_reclaimed(upload, claimed, monkeypatch, caplog):
    tasks = [claimed(upload(f"{number}.txt"), lease_seconds=0) for number in range(2)]
    real = progress.reclaim
    monkeypatch.setattr(progress, "reclaim", lambda task: 1 / 0 if task.pk == tasks[0].pk else real(task))

    done = sweeping.sweep()

    assert done["reclaim_lost"] == 1
    assert f"reclaiming task {tasks[0].pk}" in caplog.text


def test_bytes_that_cannot_be_removed_stay_for_the_next_sweep(owner, settings, monkeypatch):
    settings.RAG_BLOB_GRACE_SECONDS = 0
    stuck, _ = (Blob.objects.create(tenant=owner.tenant, key=key) for key in ("stuck", "free"))
    kind = type(storages["default"])
    real = kind.delete

    def delete(self, name):
        if name == stuck.key:
            raise PermissionError(name)
        real(self, name)

    monkeypatch.setattr(kind, "delete", delete)

    assert sweeping.sweep()["clear_blobs"] == 1
    assert list(Blob.objects.all()) == [stuck]


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
