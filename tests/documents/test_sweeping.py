import os
import signal
import threading
from types import SimpleNamespace

import pytest
from django.core.files.storage import storages
from django.db import connection

from documents import progress, sweeping
from documents.models import Blob, BlobState, Run, Task, TaskState
from system.errors import Unavailable

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

    assert done["reclaim_lost"] == 1
    assert "broken" not in done
    assert "sweeping: broken" in caplog.text
    assert Task.objects.get(pk=task.pk).state == TaskState.QUEUED


def test_a_storage_that_takes_long_to_fail_is_not_asked_for_all_that_there_is_to_remove(owner, settings, monkeypatch):
    settings.RAG_BLOB_GRACE_SECONDS = -1
    keys = [Blob.objects.create(tenant=owner.tenant, key=f"{number}").key for number in range(5)]
    clock, asked = SimpleNamespace(now=0.0), []
    monkeypatch.setattr(sweeping, "time", SimpleNamespace(monotonic=lambda: clock.now))

    def silent(self, name):
        asked.append(name)
        clock.now += 0.6 * sweeping.BLOBS_SECONDS
        raise Unavailable("The file storage does not answer.")

    monkeypatch.setattr(type(storages["default"]), "delete", silent)

    assert sweeping.clear_blobs() == 0
    assert asked == keys[:2]
    assert Blob.objects.count() == len(keys)


def test_nothing_else_waits_for_a_storage_that_hangs(monkeypatch):
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    hanging, answered, swept = threading.Event(), threading.Event(), []

    def hangs():
        hanging.set()
        return int(answered.wait(60))

    def sweeps():
        swept.append(hanging.wait(10))
        if len(swept) == 3:
            os.kill(os.getpid(), signal.SIGTERM)
        return 0

    monkeypatch.setattr(sweeping, "STORAGE_STEPS", (hangs,))
    monkeypatch.setattr(sweeping, "STEPS", (sweeps,))
    try:
        sweeping.forever(seconds=0.001)
    finally:
        answered.set()
        for number, handler in before.items():
            signal.signal(number, handler)

    assert swept == [True] * 3
