import pytest

from documents import queueing, removal
from documents.models import Run, Task, TaskState

pytestmark = pytest.mark.django_db


def test_a_started_document_runs_with_one_queued_task(document):
    started = queueing.start([document.pk])

    document.refresh_from_db()
    task = Task.objects.get(document=document)
    assert started == 1
    assert (document.run, document.gen) == (Run.RUNNING, 1)
    assert 0 < document.progress < 0.01
    assert (task.state, task.gen, task.tenant_id) == (TaskState.QUEUED, 1, document.kb.tenant_id)


def test_starting_again_cancels_the_earlier_generation(document, claimed):
    first = claimed()

    queueing.start([document.pk])

    first.refresh_from_db()
    assert first.state == TaskState.CANCELED
    assert not first.beat(lease_seconds=1, progress=0.5)
    assert Task.objects.get(document=document, gen=2).state == TaskState.QUEUED


def test_stopping_cancels_and_stays_canceled(document, claimed, stage):
    task = claimed()
    stage(task, ["half a document"])

    stopped = queueing.stop([document.pk])

    document.refresh_from_db()
    assert stopped == 1
    assert (document.run, document.progress) == (Run.CANCEL, 0)
    assert not task.beat(lease_seconds=1, progress=0.9)
    assert not task.stages.exists()


def test_stopping_what_does_not_run_changes_nothing(document):
    assert queueing.stop([document.pk]) == 0

    document.refresh_from_db()
    assert document.run == Run.UNSTART


def test_a_deleted_document_is_not_started(document):
    removal.remove([document.pk])

    assert queueing.start([document.pk]) == 0


def test_without_redis_a_document_is_started_all_the_same(
    document, settings, django_capture_on_commit_callbacks, caplog
):
    settings.REDIS_URL = "redis://127.0.0.1:1"

    with django_capture_on_commit_callbacks(execute=True):
        queueing.start([document.pk])

    assert Task.objects.claimable().count() == 1
    assert "workers were not woken" in caplog.text


def test_idle_documents_are_started_up_to_one_that_is_processed(upload):
    ids = [upload(f"{number}.txt").pk for number in range(3)]
    queueing.start(ids[1:2])

    busy = queueing.start_idle(ids)

    assert busy == ids[1]
    assert list(Task.objects.order_by("id").values_list("document_id", flat=True)) == [ids[1], ids[0]]


def test_idle_documents_are_all_started(upload, document):
    ids = [upload("a.txt").pk, document.pk]

    assert queueing.start_idle([*ids, "unknown"]) is None
    assert Task.objects.claimable().count() == 2
