"""A large document is read by one task and embedded by many."""

import logging
import threading
import time
from contextlib import closing

import pytest
from django.db import connection, transaction
from django.utils import timezone

from documents import changes, pausing, queueing, removal, staging
from documents.chunkers.base import Passage
from documents.ingestion import parts, run
from documents.leases import Lease, LeaseLost
from documents.models import Document, Run, Stage, Task, TaskState
from documents.sandbox import Sandbox
from knowledgebases.models import Chunk, Knowledgebase
from tests.documents.ingestion.conftest import PART, fact

pytestmark = pytest.mark.django_db(transaction=True)


def contents(document):
    return list(Chunk.objects.filter(document=document).order_by("seq").values_list("content", flat=True))


def states(document):
    return list(document.tasks.filter(gen=document.gen).order_by("part").values_list("state", flat=True))


@pytest.fixture
def started(large):
    """A document of ten passages, begun."""
    document = large(10)
    queueing.start([document.pk])
    document.refresh_from_db()
    return document


@pytest.fixture
def read(claim):
    """Do all of a document's own task but publishing it, as somebody would who is paused there."""

    def read():
        task = claim("reader")
        with Sandbox() as sandbox:
            run(task, Lease(task), sandbox)
        return task

    return read


def test_a_small_document_is_one_task_however_many_windows_it_has(large, work):
    document = large(PART, name="short.txt")
    queueing.start([document.pk])

    (task,) = work()

    document.refresh_from_db()
    assert (task.part, states(document)) == (0, [TaskState.DONE])
    assert contents(document) == [fact(number).strip() for number in range(PART)]


def test_each_part_is_a_task_and_together_they_are_the_document(started, work, kb):
    tasks = work()

    started.refresh_from_db()
    assert [task.part for task in tasks] == [0, 1, 2, 3]
    assert contents(started) == [fact(number).strip() for number in range(10)]
    assert list(started.chunks.order_by("seq").values_list("seq", "part")) == [
        (seq, part) for seq, part in enumerate([1, 1, 1, 2, 2, 2, 3, 3, 3, 0])
    ]
    assert (started.run, started.progress, started.chunk_num, kb.refresh().chunk_num) == (Run.DONE, 1, 10, 10)
    assert not Stage.objects.exists()


def test_a_document_is_not_published_while_its_reading_goes_on(started, read, work):
    reader = read()
    work()

    started.refresh_from_db()
    assert states(started) == [TaskState.RUNNING, *[TaskState.DONE] * 3]
    assert (started.run, contents(started)) == (Run.RUNNING, [])

    Task.objects.filter(pk=reader.pk).update(state=TaskState.QUEUED)
    work()
    assert len(contents(started)) == 10


def test_parts_go_before_documents_that_nobody_has_begun(started, large, claim, work):
    other = large(1, name="other.txt")
    queueing.start([other.pk])

    tasks = work()

    assert [task.document_id for task in tasks] == [started.pk] * 4 + [other.pk]


def test_parts_of_a_paused_dataset_wait(started, kb, read):
    Task.objects.filter(document=started).update(state=TaskState.QUEUED)
    Knowledgebase.objects.filter(pk=kb.pk).update(paused_at=timezone.now())

    read()

    assert set(states(started)[1:]) == {TaskState.PAUSED}
    pausing.resume(kb)
    assert set(states(started)[1:]) == {TaskState.QUEUED}


def test_progress_never_goes_back(started, claim):
    seen = []

    def look(told):
        row = Document.objects.with_progress().get(pk=started.pk)
        seen.append(row.live_progress)

    with Sandbox() as sandbox:
        while task := claim():
            lease = Lease(task)
            report = lease.report

            def told(progress, *args, report=report, task=task, lease=lease, **kwargs):
                report(progress, *args, **kwargs)
                task.beat(lease_seconds=60, progress=progress, message="on it")
                look(task)

            lease.report = told
            run(task, lease, sandbox)
            look(task)
            from documents import publishing

            publishing.publish(task)
            look(task)

    assert seen == sorted(seen)
    assert seen[-1] == 1
    assert len(set(seen)) > 8


def test_the_message_is_that_of_a_part_that_is_at_work(started, work, claim):
    work(most=1)
    task = claim()
    task.beat(lease_seconds=60, progress=0.5, message="Embedding 2/3 chunks.")

    assert Document.objects.with_progress().get(pk=started.pk).live_message == "Embedding 2/3 chunks."


def stop(document):
    queueing.stop([document.pk])


def start_again(document):
    queueing.start([document.pk])


def start_afresh(document):
    queueing.run([document.pk], delete=True)


def delete(document):
    removal.remove([document.pk])


@pytest.mark.parametrize("deed", [stop, start_again, start_afresh, delete])
def test_whoever_is_at_a_part_loses_it_with_the_document(started, read, claim, deed):
    read()
    task = claim()
    assert task.part == 1

    deed(started)

    with Sandbox() as sandbox, pytest.raises(LeaseLost):
        run(task, Lease(task), sandbox)
    assert not Stage.objects.filter(task=task.pk, embedding__isnull=False).exists()


@pytest.mark.parametrize("deed", [stop, start_again, start_afresh, delete])
def test_whoever_reads_hands_out_no_part_of_a_document_that_is_over(started, claim, deed):
    task = claim()
    deed(started)

    with Sandbox() as sandbox, pytest.raises(LeaseLost):
        run(task, Lease(task), sandbox)

    assert not Task.objects.filter(part__gt=0).exists()


def test_a_new_start_while_parts_are_done_ends_whole(started, read, work):
    read()
    work(most=1)

    queueing.start([started.pk])
    work()

    started.refresh_from_db()
    assert (started.run, started.published_gen, len(contents(started))) == (Run.DONE, 2, 10)
    assert not Stage.objects.exists()


def test_another_config_between_two_tries_starts_the_reading_over(started, claim, work, monkeypatch):
    task = claim()
    with Sandbox() as sandbox:
        run(task, Lease(task), sandbox)
    changes.change(started, changes.Change(parser_config={"chunk_token_num": 512}))
    Task.objects.filter(pk=task.pk).update(state=TaskState.QUEUED)

    work()

    started.refresh_from_db()
    whole = "\n\n".join(contents(started))
    assert started.run == Run.DONE
    assert started.chunk_num < 10
    assert all(fact(number).strip() in whole for number in range(10))
    assert states(started) == [TaskState.DONE] * (1 + started.tasks.filter(part__gt=0).count())


def test_what_a_try_before_staged_beyond_the_end_is_no_part_of_the_document(started, work):
    former = staging.draft(started, Passage("A former fact.", ((0, 14),), 3), seq=10)
    with transaction.atomic():
        staging.put(started.tasks.get(), [former])

    work()

    assert contents(started) == [fact(number).strip() for number in range(10)]


def test_whoever_starts_the_reading_over_waits_for_what_is_just_staged(started, read, claim, caplog):
    caplog.set_level(logging.INFO, "system.transactions")
    task, part = read(), claim()
    Task.objects.filter(pk=task.pk).update(recipe="another")
    task.refresh_from_db()
    drafts, held = staging.of_task(part), threading.Event()

    def stage():
        with closing(connection), transaction.atomic():
            staging.hold(part)
            held.set()
            time.sleep(0.3)  # whoever starts over waits for the part now
            staging.put(part, drafts)

    thread = threading.Thread(target=stage)
    thread.start()
    assert held.wait(10)
    point = parts.resume(task, started)
    thread.join()

    assert (point.at_start, caplog.messages) == (True, [])  # nothing had to be tried again
    assert states(started) == [TaskState.RUNNING]
    assert not Stage.objects.exists()


def test_what_is_left_out_of_a_file_stands_in_the_log(upload, work):
    document = upload("lines.jsonl", '{"fact": "Otters swim."}\nbroken\n')
    queueing.start([document.pk])

    (task,) = work()

    task.refresh_from_db()
    assert (task.state, len(contents(document))) == (TaskState.DONE, 1)
    assert " 1 lines are not valid JSON and were left out: 2." in task.log
