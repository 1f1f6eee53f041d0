"""Failed documents are tried again, and pay for nothing twice."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from documents import changes, jobs, progress, publishing, queueing, removal, sweeping, uploads
from documents.models import Document, Run, Stage, Task, TaskState
from knowledgebases.embedders.onnx import OnnxEmbedder
from system.errors import DocumentFault, FaultCode, Misconfigured

pytestmark = pytest.mark.django_db

WRONG = Misconfigured("No such model.")


def fail(task, error=WRONG):
    progress.fail_or_retry(task, error)


@pytest.fixture
def parts(claimed, document):
    """A document that two workers are at: its own task and two parts."""
    first = claimed()
    for part in (1, 2):
        Task.objects.create(
            document=document, kb=document.kb, tenant=document.kb.tenant, gen=first.gen, part=part, kind="embed"
        )
    return [first, *(Task.objects.claim(owner=f"worker {number}", lease_seconds=60) for number in (1, 2))]


def test_documents_that_failed_are_started_anew_and_no_others(upload, claimed):
    failed, running, idle = (upload(f"{name}.txt") for name in ("failed", "running", "idle"))
    fail(claimed(failed))
    claimed(running)

    assert queueing.retry([failed.pk, running.pk, idle.pk, "unknown"]) == 1

    assert Task.objects.claimable().get().document == failed
    assert {one.name: one.run for one in Document.objects.filter(pk__in=[failed.pk, running.pk, idle.pk])} == {
        "failed.txt": Run.RUNNING,
        "running.txt": Run.RUNNING,
        "idle.txt": Run.UNSTART,
    }


def test_a_second_call_finds_nothing(document, claimed):
    fail(claimed())
    queueing.retry([document.pk])

    assert queueing.retry([document.pk]) == 0
    assert Task.objects.open().count() == 1


def test_stopped_ones_are_tried_again_where_they_are_asked_for(document):
    queueing.start([document.pk])
    queueing.stop([document.pk])

    assert queueing.retry([document.pk]) == 0
    assert queueing.retry([document.pk], canceled=True) == 1


def test_a_deleted_document_is_not_tried_again(document, claimed):
    fail(claimed())
    removal.remove([document.pk])

    assert queueing.retry([document.pk]) == 0


def test_a_try_that_failed_leaves_its_vectors_to_the_next(document, claimed, stage):
    task = claimed()
    stage(task, ["one", "two"])
    Stage.objects.create(task=task, seq=2, chunk={"content": "three"}, digest="")  # not embedded yet

    fail(task)
    queueing.retry([document.pk])

    assert set(Stage.objects.values_list("digest", flat=True)) == {"digest of one", "digest of two"}


def test_tries_that_fail_one_after_the_other_keep_each_vector_once(document, claimed, stage):
    first = claimed()
    stage(first, ["one", "two", "three"])
    fail(first)
    queueing.retry([document.pk])
    second = Task.objects.claim(owner="test", lease_seconds=60)
    stage(second, ["one", "two"])
    fail(second)

    queueing.retry([document.pk])

    kept = Stage.objects.order_by("digest").values_list("digest", "task__gen")
    assert list(kept) == [("digest of one", 2), ("digest of three", 1), ("digest of two", 2)]


@pytest.mark.parametrize("end", ["published", "canceled", "removed", "afresh"])
def test_what_was_kept_goes_with_the_next_end(document, claimed, stage, end):
    first = claimed()
    stage(first, ["one", "two"])
    fail(first)
    queueing.retry([document.pk])
    second = Task.objects.claim(owner="test", lease_seconds=60)
    stage(second, ["one"])

    {
        "published": lambda: publishing.publish(second),
        "canceled": lambda: queueing.stop([document.pk]),
        "removed": lambda: removal.remove([document.pk]),
        "afresh": lambda: queueing.run([document.pk], delete=True),
    }[end]()

    assert not Stage.objects.exists()


@pytest.mark.parametrize("end", ["stopped", "configured anew"])
def test_a_document_that_is_not_failed_any_more_keeps_nothing(document, claimed, stage, end):
    task = claimed()
    stage(task, ["one"])
    fail(task)

    if end == "stopped":
        queueing.stop([document.pk], failed=True)
    else:
        changes.change(document, changes.Change(parser_config={"chunk_token_num": 99}, anew=True))

    document.refresh_from_db()
    assert document.run in {Run.CANCEL, Run.UNSTART}
    assert not Stage.objects.exists()


def test_what_nobody_tries_again_is_forgotten_after_some_days(upload, claimed, stage):
    old, fresh = (claimed(upload(name)) for name in ("old.txt", "fresh.txt"))
    for task in (old, fresh):
        stage(task, ["one"])
        fail(task)
    Task.objects.filter(pk=old.pk).update(finished_at=timezone.now() - sweeping.STAGES_KEPT)

    done = sweeping.sweep()

    assert done["clear_stages"] == 1
    assert Stage.objects.get().task == fresh


def test_a_part_that_fails_ends_the_others_at_once(parts, document, stage):
    first, second, third = parts
    stage(second, ["paid"])

    fail(third)

    document.refresh_from_db()
    assert (document.run, document.progress) == (Run.FAIL, -1)
    assert WRONG.message in document.progress_msg
    assert {task.state for task in Task.objects.filter(part__lt=2)} == {TaskState.CANCELED}
    assert not first.beat(lease_seconds=60, progress=0.5)
    assert not second.beat(lease_seconds=60, progress=0.5)
    assert Stage.objects.filter(task=second).exists()


def test_a_part_that_is_tried_again_leaves_the_others_alone(parts, document):
    fail(parts[2], DocumentFault(FaultCode.CRASHED, "The parser died.", retry=True))

    document.refresh_from_db()
    assert document.run == Run.RUNNING
    assert [task.state for task in Task.objects.order_by("part")] == ["running", "running", "queued"]


def test_a_part_that_takes_its_workers_down_ends_the_others(parts, document):
    Task.objects.filter(pk=parts[2].pk).update(lost=progress.LOST - 1, lease_until=timezone.now())

    progress.reclaim(parts[2])

    document.refresh_from_db()
    assert document.run == Run.FAIL
    assert not Task.objects.open().exists()


@pytest.mark.parametrize("deed", ["stop", "remove", "start"])
def test_all_parts_go_together(parts, document, deed):
    {
        "stop": lambda: queueing.stop([document.pk]),
        "remove": lambda: removal.remove([document.pk]),
        "start": lambda: queueing.start([document.pk]),
    }[deed]()

    assert {task.state for task in Task.objects.filter(gen=1)} == {TaskState.CANCELED}
    assert not any(task.beat(lease_seconds=60, progress=0.9) for task in parts)


@pytest.mark.django_db(transaction=True)
def test_a_retry_embeds_only_what_the_failed_try_had_not(kb, owner, monkeypatch):
    text = "\n\n".join(f"Fact {number}. " + "word " * 400 for number in range(6))
    document = uploads.add_one(kb, user=owner, file=SimpleUploadedFile("facts.txt", text.encode()))
    embedded, real = [], OnnxEmbedder.embed

    def embed_some(self, texts):
        if len(embedded) >= 3:
            raise WRONG
        embedded.extend(texts)
        return real(self, texts)

    monkeypatch.setattr("documents.ingestion.embedding.BATCH", 3)
    monkeypatch.setattr(OnnxEmbedder, "embed", embed_some)
    queueing.start([document.pk])
    jobs.wake()
    document.refresh_from_db()
    assert (document.run, Stage.objects.filter(embedding__isnull=False).count()) == (Run.FAIL, 3)
    paid = {one for one in embedded if one.startswith("Fact")}
    monkeypatch.setattr(OnnxEmbedder, "embed", lambda self, texts: embedded.extend(texts) or real(self, texts))
    embedded.clear()

    queueing.retry([document.pk])
    jobs.wake()

    document.refresh_from_db()
    assert (document.run, document.chunk_num) == (Run.DONE, 6)
    again = {one for one in embedded if one.startswith("Fact")}
    assert (len(paid), len(again)) == (3, 3)
    assert not paid & again
    assert not Stage.objects.exists()
