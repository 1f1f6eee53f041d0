"""Any number of sweepers at the same time: together they do each thing once, and none fails."""

import threading
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, connections
from django.utils import timezone

from documents import blobs, queueing, removal, sweeping
from documents.models import Blob, BlobState, Document, Stage, Task, TaskState
from documents.models.reservation import Reservation
from knowledgebases import datasets
from knowledgebases.models import Knowledgebase
from tests import invariants

pytestmark = pytest.mark.django_db(transaction=True)

SWEEPERS = 5
EACH = 12


@pytest.fixture
def mess(upload, owner, kb, settings):
    """Work for every step of a sweep."""
    settings.RAG_BLOB_GRACE_SECONDS = -1
    lost = [upload(f"lost {number}.txt") for number in range(EACH)]
    queueing.start([document.pk for document in lost])
    while Task.objects.claim(owner="dead", lease_seconds=-1):
        pass
    gone = [upload(f"gone {number}.txt") for number in range(EACH)]
    removal.remove([document.pk for document in gone])
    for number in range(EACH):
        blobs.store(owner.tenant, ContentFile(b"cut off", name=f"{number}"))
    other = Knowledgebase.objects.create(tenant=owner.tenant, created_by=owner, name="Buried", embd_id=kb.embd_id)
    for number in range(EACH):
        upload(f"buried {number}.txt", to=other)
    datasets.bury(Knowledgebase.objects.filter(pk=other.pk))
    Reservation.objects.create(tenant=owner.tenant, until=timezone.now() - timedelta(seconds=1))
    return lost


def swept_together(sweepers):
    """What so many sweepers did that begin at the same moment."""
    begin, done = threading.Barrier(sweepers), []

    def sweep():
        try:
            begin.wait()
            done.append(sweeping.sweep())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=sweep) for _ in range(sweepers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == sweepers
    return {step: sum(one.get(step, 0) for one in done) for step in done[0]}


def test_several_sweepers_do_each_thing_once(mess, caplog):
    first = swept_together(SWEEPERS)
    for _ in range(3):
        swept_together(SWEEPERS)

    assert first["reclaim_lost"] == EACH
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
    assert set(Document.objects.values_list("pk", flat=True)) == {document.pk for document in mess}
    assert set(Task.objects.values_list("state", "lost")) == {(TaskState.QUEUED, 1)}
    assert Knowledgebase.objects.filter(name="Buried").count() == Reservation.objects.count() == 0
    assert Blob.objects.count() == Blob.objects.filter(state=BlobState.LIVE).count() == EACH
    assert sum(default_storage.exists(blob.key) for blob in Blob.objects.all()) == EACH
    with connection.cursor() as cursor:
        assert invariants.broken(cursor) == []


def test_bytes_that_resist_do_not_keep_those_behind_them(owner, settings, monkeypatch):
    settings.RAG_BLOB_GRACE_SECONDS = -1
    monkeypatch.setattr(sweeping, "BLOBS", 2)
    keys = [blobs.store(owner.tenant, ContentFile(b"x", name=f"{number}")).key for number in range(7)]
    real = default_storage.delete

    def delete(key):
        if key in keys[:4]:
            raise PermissionError(key)
        real(key)

    monkeypatch.setattr(default_storage._wrapped, "delete", delete)

    assert sweeping.clear_blobs() == 3
    assert set(Blob.objects.values_list("key", flat=True)) == set(keys[:4])


def test_finished_parts_of_a_document_at_work_are_kept_however_old_they_are(document, claimed):
    task = claimed()
    old = timezone.now() - sweeping.TASKS_KEPT * 2
    part = Task.objects.create(
        document=document,
        kb=document.kb,
        tenant=document.kb.tenant,
        gen=task.gen,
        part=1,
        state=TaskState.DONE,
        finished_at=old,
    )
    Stage.objects.create(task=part, seq=0, chunk={}, digest="")

    sweeping.clear_tasks()

    assert Stage.objects.filter(task=part).exists()
    Task.objects.filter(pk=task.pk).update(state=TaskState.CANCELED, lease_until=None, finished_at=old)
    Document.objects.update(run="2")
    assert sweeping.clear_tasks() == 2
