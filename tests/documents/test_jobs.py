"""Whole tasks, with the real parser child and the real model."""

import os
import signal
import threading
import time

import pytest
from django.db import DataError

from documents import jobs, pausing, queueing
from documents.models import Run, Stage, Task, TaskState
from documents.sandbox import Sandbox
from knowledgebases.embedders.onnx import OnnxEmbedder
from knowledgebases.models import Chunk, DenseRow

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ingest(django_capture_on_commit_callbacks):
    """Start documents and work until nothing is left to be done."""

    def ingest(*documents):
        queueing.start([document.pk for document in documents])
        jobs.wake()
        for document in documents:
            document.refresh_from_db()

    return ingest


def test_a_wake_works_until_nothing_is_left(upload, ingest):
    documents = [upload(f"{number}.txt", f"Otter number {number} swims.") for number in range(3)]

    ingest(*documents)

    assert [document.run for document in documents] == [Run.DONE] * 3
    assert [document.chunk_num for document in documents] == [1, 1, 1]
    assert DenseRow.objects.count() == 3
    assert not Task.objects.open().exists()


def test_an_empty_file_is_done_without_chunks(upload, ingest):
    document = upload("empty.txt", "")

    ingest(document)

    assert (document.run, document.chunk_num) == (Run.DONE, 0)


def test_a_bad_file_fails_with_a_message_and_leaves_its_neighbour_alone(upload, ingest):
    bad, good = upload("bad.pdf", b"%PDF-1.7 and then nothing of the kind"), upload("good.txt")

    ingest(bad, good)

    assert (bad.run, bad.progress, bad.chunk_num) == (Run.FAIL, -1, 0)
    assert "[ERROR]" in bad.progress_msg
    assert good.run == Run.DONE
    assert not Stage.objects.exists()


def test_a_method_that_is_not_there_is_refused_by_name(upload, ingest):
    document = upload()
    document.parser_id = "laws"
    document.save()

    ingest(document)

    assert document.run == Run.FAIL
    assert "laws" in document.progress_msg


def test_a_missing_stored_file_fails_with_the_cure(upload, ingest):
    from django.core.files.storage import default_storage

    document = upload()
    default_storage.delete(document.blob.key)

    ingest(document)

    assert document.run == Run.FAIL
    assert "upload the file again" in document.progress_msg


def test_parsing_again_embeds_nothing_that_is_unchanged(upload, ingest, monkeypatch):
    document = upload("facts.txt", "\n\n".join(f"Fact {number}. " + "word " * 400 for number in range(4)))
    ingest(document)
    before = set(Chunk.objects.values_list("pk", flat=True))
    embedded = []

    real = OnnxEmbedder.embed
    monkeypatch.setattr(OnnxEmbedder, "embed", lambda self, texts: embedded.extend(texts) or real(self, texts))

    ingest(document)

    assert set(Chunk.objects.values_list("pk", flat=True)) == before
    assert embedded == []
    assert document.published_gen == 2


def test_a_task_that_is_canceled_while_it_is_parsed_stays_canceled(document, monkeypatch):
    real = Sandbox.windows

    def parse_and_cancel(self, *args, **kwargs):
        for window in real(self, *args, **kwargs):
            queueing.stop([document.pk])
            yield window

    monkeypatch.setattr(Sandbox, "windows", parse_and_cancel)
    queueing.start([document.pk])

    jobs.wake()

    document.refresh_from_db()
    assert (document.run, document.progress, document.chunk_num) == (Run.CANCEL, 0, 0)
    assert Task.objects.get().state == TaskState.CANCELED


def test_what_a_lost_task_embeds_is_not_staged(document, claimed):
    from documents.ingestion.stages import run
    from documents.leases import Lease, LeaseLost

    task = claimed()
    lease = Lease(task)  # not entered: no heartbeat will notice
    queueing.stop([document.pk])

    with Sandbox() as sandbox, pytest.raises(LeaseLost):
        run(task, lease, sandbox)

    assert not Stage.objects.exists()


def test_a_worker_that_is_stopped_hands_its_task_back(document, claimed):
    task, stopping = claimed(), threading.Event()
    stopping.set()

    with Sandbox() as sandbox:
        jobs.run(task, sandbox, stopping=stopping)

    task.refresh_from_db()
    assert (task.state, task.lost, task.faults) == (TaskState.QUEUED, 0, 0)


def test_a_termination_signal_ends_the_wake_and_hands_the_task_back(document, monkeypatch):
    real = Sandbox.windows

    def parse_and_be_stopped(self, *args, **kwargs):
        os.kill(os.getpid(), signal.SIGTERM)
        yield from real(self, *args, **kwargs)

    monkeypatch.setattr(Sandbox, "windows", parse_and_be_stopped)
    before = signal.getsignal(signal.SIGTERM)
    queueing.start([document.pk])

    jobs.wake()

    assert Task.objects.get().state == TaskState.QUEUED
    assert signal.getsignal(signal.SIGTERM) is before


def test_an_error_over_the_data_is_no_outage_and_counts_a_strike(claimed, monkeypatch):
    task = claimed()
    monkeypatch.setattr("documents.publishing.publish", lambda task: (_ for _ in ()).throw(DataError("out of range")))

    with Sandbox() as sandbox:
        jobs.run(task, sandbox)

    task.refresh_from_db()
    assert (task.state, task.faults) == (TaskState.QUEUED, 1)


def test_publishing_leaves_the_parser_child_alive(upload):
    for number in range(2):
        queueing.start([upload(f"{number}.txt").pk])
    pids = []

    with Sandbox() as sandbox:
        while task := Task.objects.claim(owner="test", lease_seconds=60):
            jobs.run(task, sandbox)
            pids.append(sandbox.pid)

    assert len(pids) == 2
    assert pids[0] == pids[1] is not None


def test_a_retry_takes_paid_embeddings_from_the_stage(document, claimed):
    from documents.ingestion.stages import run
    from documents.leases import Lease

    task = claimed()
    with Sandbox() as sandbox, Lease(task) as lease:
        run(task, lease, sandbox)
        staged = list(Stage.objects.values("seq", "digest", "embedding"))
        with pytest.MonkeyPatch.context() as patch:
            calls = []
            real = OnnxEmbedder.embed
            patch.setattr(OnnxEmbedder, "embed", lambda self, texts: calls.append(list(texts)) or real(self, texts))
            run(task, lease, sandbox)

    assert calls == []
    assert list(Stage.objects.values("seq", "digest", "embedding")) == staged


@pytest.mark.parametrize("deed", ["stop", "pause"])
def test_a_worker_lets_go_of_an_embedding_that_is_not_wanted_any_more(kb, upload, settings, monkeypatch, deed):
    settings.RAG_HEARTBEAT_SECONDS = 0.05
    document = upload("long.txt", "\n\n".join(f"Fact {number}. " + "word " * 400 for number in range(64)))
    runs, real = [], OnnxEmbedder._run

    def run_and_be_told(self, loaded, batch):
        if len(runs) == 1:
            queueing.stop([document.pk]) if deed == "stop" else pausing.pause(kb)
            time.sleep(0.5)  # ten heartbeats
        runs.append(True)
        return real(self, loaded, batch)

    monkeypatch.setattr(OnnxEmbedder, "_run", run_and_be_told)
    queueing.start([document.pk])

    jobs.wake()

    assert len(runs) == 2
    assert Task.objects.get().state == (TaskState.CANCELED if deed == "stop" else TaskState.PAUSED)
