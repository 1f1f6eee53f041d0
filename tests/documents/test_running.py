"""Runs with and without `delete`."""

import random
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from documents import changes, editing, publishing, queueing, recipes, removal
from documents.leases import LeaseLost
from documents.models import Document, Run, Stage, Task, TaskState
from knowledgebases.models import Chunk

pytestmark = pytest.mark.django_db


def contents(document):
    return list(Chunk.objects.filter(document=document).order_by("seq").values_list("content", flat=True))


def the(content):
    return Chunk.objects.get(content=content)


def test_a_done_document_that_is_unchanged_is_done_again_at_once(done):
    chunks = list(Chunk.objects.order_by("pk").values())
    began = done.process_begin_at

    queueing.run([done.pk])

    done.refresh_from_db()
    assert (done.run, done.progress, done.gen, done.published_gen) == (Run.DONE, 1, 1, 1)
    assert done.process_begin_at > began
    assert done.process_duration > 0
    assert queueing.REUSED in done.progress_msg
    assert done.progress_msg.splitlines()[-1].endswith("3 chunks. Task done")
    assert list(Chunk.objects.order_by("pk").values()) == chunks
    assert not Task.objects.open().exists()


def test_any_number_of_such_runs_is_like_one(done):
    for _ in range(3):
        queueing.run([done.pk])

    done.refresh_from_db()
    assert (done.run, done.chunk_num, done.progress_msg.count(queueing.REUSED)) == (Run.DONE, 3, 1)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"parser_config": {"chunk_token_num": 99}}, id="config"),
        pytest.param({"published_recipe": ""}, id="published before recipes were noted"),
        pytest.param({"run": Run.FAIL}, id="failed"),
        pytest.param({"run": Run.CANCEL}, id="canceled"),
        pytest.param({"run": Run.UNSTART}, id="put back"),
    ],
)
def test_what_is_changed_or_not_done_is_parsed_anew(done, change):
    type(done).objects.filter(pk=done.pk).update(**change)

    queueing.run([done.pk])

    done.refresh_from_db()
    assert (done.run, done.gen) == (Run.RUNNING, 2)
    assert Task.objects.claimable().count() == 1
    assert contents(done) == ["one", "two", "three"]  # searchable until the new ones are complete


def test_a_config_that_changes_while_the_document_is_parsed_is_not_taken_for_the_one_it_was_parsed_by(document, stage):
    queueing.run([document.pk])
    task = Task.objects.claim(owner="test", lease_seconds=60)
    Task.objects.filter(pk=task.pk).update(recipe=recipes.recipe(document))
    changes.change(document, changes.Change(parser_config={"chunk_token_num": 99}))
    stage(task, ["one"])
    publishing.publish(task)

    queueing.run([document.pk])

    document.refresh_from_db()
    assert (document.run, document.gen) == (Run.RUNNING, 2)


def test_one_of_many_is_reused_while_the_others_are_parsed(done, upload):
    fresh = upload("fresh.txt")

    queueing.run([fresh.pk, done.pk, fresh.pk, "unknown"])

    assert Task.objects.claimable().get().document == fresh
    done.refresh_from_db()
    assert done.run == Run.DONE


def test_a_run_of_a_document_that_is_under_way_begins_anew(document, stage):
    queueing.run([document.pk])
    task = Task.objects.claim(owner="test", lease_seconds=60)

    queueing.run([document.pk])

    with pytest.raises(LeaseLost):
        publishing.publish(task)
    assert Task.objects.open().get().gen == 2


def test_with_delete_everything_goes_at_once_and_is_made_anew(done, kb, work):
    editing.change(done, the("one"), editing.Change(important_keywords=["first"]))
    editing.add(done, "typed in")

    queueing.run([done.pk], delete=True)

    done.refresh_from_db()
    assert (done.run, done.chunk_num, done.token_num, done.published_gen) == (Run.RUNNING, 0, 0, 0)
    assert (kb.refresh().chunk_num, kb.token_num) == (0, 0)
    assert 0 < done.progress < 0.01
    assert len(done.progress_msg.splitlines()) == 1
    assert Task.objects.get().state == TaskState.QUEUED
    work("one", "two")
    assert contents(done) == ["one", "two"]
    assert the("one").important_keywords == []


def test_delete_ends_the_work_under_way(document, stage):
    queueing.run([document.pk])
    task = Task.objects.claim(owner="test", lease_seconds=60)
    stage(task, ["half"])

    queueing.run([document.pk], delete=True)

    assert not task.beat(lease_seconds=1, progress=0.5)
    with pytest.raises(LeaseLost):
        publishing.publish(task)
    assert not Stage.objects.exists()
    assert Task.objects.open().get().gen == 2


def test_a_generation_made_from_two_recipes_is_parsed_anew(document, stage):
    queueing.run([document.pk])
    first = Task.objects.claim(owner="test", lease_seconds=60)
    Task.objects.filter(pk=first.pk).update(recipe=recipes.recipe(document))
    second = Task.objects.create(
        document=document, kb=document.kb, tenant=document.kb.tenant, gen=1, part=1, state=TaskState.RUNNING
    )
    publishing.publish(second)
    stage(first, ["one"])

    publishing.publish(first)

    document.refresh_from_db()
    assert (document.run, document.published_recipe) == (Run.DONE, "")


@pytest.mark.parametrize("delete", [False, True])
def test_a_deleted_document_is_not_run(done, delete):
    removal.remove([done.pk])

    queueing.run([done.pk], delete=delete)

    assert not Task.objects.open().exists()


@pytest.mark.parametrize("delete", [False, True])
def test_the_number_of_queries_does_not_grow_with_the_documents(upload, django_assert_max_num_queries, delete):
    few = [upload(f"{number}.txt").pk for number in range(40)]

    with django_assert_max_num_queries(20):
        queueing.run(few, delete=delete)


def waiting():
    """How many transactions wait for a lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_delete_waits_for_what_is_just_being_staged(claimed, stage):
    task = claimed()

    def run():
        try:
            queueing.run([task.document_id], delete=True)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Task.objects.select_for_update(no_key=True).get(pk=task.pk)  # as a worker does
            stage(task, ["half"])
            running = pool.submit(run)
            deadline = time.monotonic() + 10
            while not waiting() and time.monotonic() < deadline:
                time.sleep(0.01)
        running.result()

    assert not Stage.objects.exists()
    assert Task.objects.get().gen == 2


@pytest.mark.django_db(transaction=True)
def test_runs_stops_and_removals_at_the_same_time_leave_nothing_half_done(upload, kb, work):
    ids = [upload(f"{number}.txt").pk for number in range(6)]
    for pk in ids:
        queueing.run([pk])
        work("one", "two")
    deeds = [
        lambda some: queueing.run(some),
        lambda some: queueing.run(some, delete=True),
        lambda some: queueing.stop(some),
        lambda some: removal.remove(some[:1]),
    ]

    def disturb(seed):
        rng = random.Random(seed)
        try:
            for _ in range(8):
                rng.choices(deeds, weights=[4, 3, 3, 1])[0](rng.sample(ids, 4))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(disturb, range(4)))

    living = Document.objects.live()
    for document in living:
        open_tasks = Task.objects.open().filter(document=document)
        assert open_tasks.count() == (document.run == Run.RUNNING)
        assert all(task.gen == document.gen for task in open_tasks)
        assert document.chunk_num == document.chunks.count()
    kb.refresh()
    assert (kb.doc_num, kb.chunk_num) == (living.count(), Chunk.objects.filter(kb=kb).count())
    assert not Task.objects.open().exclude(document__in=living).exists()
