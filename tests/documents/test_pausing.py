import contextlib
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from documents import jobs, pausing, progress, publishing, queueing, removal, sweeping
from documents.leases import Lease, LeaseLost
from documents.models import Document, Run, Stage, Task, TaskState
from documents.sandbox import Sandbox
from knowledgebases import datasets
from system.errors import Unavailable

pytestmark = pytest.mark.django_db


def states():
    return [task.state for task in Task.objects.order_by("id")]


def test_what_waits_is_held_back_and_goes_on_when_it_is_resumed(kb, upload):
    queueing.start([upload(f"{number}.txt").pk for number in range(3)])

    assert pausing.pause(kb) == 3
    assert kb.paused_at is not None
    assert Task.objects.claim(owner="test", lease_seconds=60) is None
    assert set(Document.objects.values_list("run", flat=True)) == {Run.RUNNING}
    assert pausing.resume(kb) == 3

    assert kb.paused_at is None
    assert states() == [TaskState.QUEUED] * 3


def test_the_document_says_why_it_waits(kb, document):
    queueing.start([document.pk])

    pausing.pause(kb)

    shown = Document.objects.with_progress().get(pk=document.pk)
    assert shown.live_message.endswith(progress.PAUSED)
    assert progress.PAUSED in Task.objects.get().log


def test_another_dataset_goes_on(kb, owner, upload):
    other = datasets.create(owner.tenant, created_by=owner, given={"name": "Other"})
    queueing.start([upload("here.txt").pk, upload("there.txt", to=other).pk])

    pausing.pause(kb)

    assert Task.objects.claim(owner="test", lease_seconds=60).kb == other


def test_a_running_task_stops_and_keeps_what_it_has_done(kb, document, claimed, stage):
    task = claimed()
    stage(task, ["one", "two"])
    Task.objects.filter(pk=task.pk).update(cursor={"page": 12})
    task.beat(lease_seconds=60, progress=0.4)

    pausing.pause(kb)

    assert not task.beat(lease_seconds=60, progress=0.5)
    with pytest.raises(LeaseLost):
        publishing.publish(task)
    with pytest.raises(LeaseLost):
        progress.fail_or_retry(task, Unavailable("429"))
    held = Task.objects.get()
    assert (held.state, held.progress, held.cursor, held.lost) == (TaskState.PAUSED, 0.4, {"page": 12}, 0)
    assert Stage.objects.filter(task=task).count() == 2
    pausing.resume(kb)
    again = Task.objects.claim(owner="again", lease_seconds=60)
    assert (again.pk, again.cursor) == (task.pk, {"page": 12})


def test_pausing_and_resuming_may_be_repeated(kb, document):
    queueing.start([document.pk])
    pausing.pause(kb)
    since = kb.paused_at

    assert pausing.pause(kb) == 0
    assert kb.paused_at == since
    pausing.resume(kb)
    assert pausing.resume(kb) == 0


@pytest.mark.parametrize("way", ["start", "run", "afresh", "idle", "retry"])
def test_what_is_started_while_the_dataset_is_paused_waits(kb, document, way):
    pausing.pause(kb)
    Document.objects.filter(pk=document.pk).update(run=Run.FAIL)

    {
        "start": lambda: queueing.start([document.pk]),
        "run": lambda: queueing.run([document.pk]),
        "afresh": lambda: queueing.run([document.pk], delete=True),
        "idle": lambda: queueing.start_idle([document.pk]),
        "retry": lambda: queueing.retry([document.pk]),
    }[way]()

    document.refresh_from_db()
    assert states() == [TaskState.PAUSED]
    assert document.run == Run.RUNNING


def test_a_paused_document_is_stopped_removed_and_parsed_anew_like_any_other(kb, upload, stage):
    stopped, removed, anew = (upload(f"{number}.txt") for number in range(3))
    queueing.start([stopped.pk, removed.pk, anew.pk])
    for task in Task.objects.all():
        stage(task, ["half"])
    pausing.pause(kb)

    queueing.stop([stopped.pk])
    removal.remove([removed.pk])
    queueing.start([anew.pk])

    assert states() == [TaskState.CANCELED, TaskState.CANCELED, TaskState.CANCELED, TaskState.PAUSED]
    stopped.refresh_from_db()
    assert (stopped.run, stopped.progress) == (Run.CANCEL, 0)
    pausing.resume(kb)
    assert Task.objects.claimable().get().document == anew


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(lambda task: progress.fail_or_retry(task, Unavailable("429")), id="unavailable"),
        pytest.param(progress.release, id="released"),
        pytest.param(progress.reclaim, id="lost"),
    ],
)
def test_a_task_that_would_be_queued_again_is_held_back_instead(kb, claimed, end):
    task = claimed(lease_seconds=0)
    type(kb).objects.filter(pk=kb.pk).update(paused_at="2026-01-01T00:00Z")  # somebody is just pausing

    end(task)

    assert states() == [TaskState.PAUSED]


@pytest.mark.parametrize("paused", [True, False], ids=["paused", "resumed"])
def test_the_sweeper_ends_what_a_dead_caller_began(kb, upload, claimed, paused):
    claimed(upload("running.txt"))
    queueing.start([upload("waiting.txt").pk])
    if not paused:
        pausing.pause(kb)
    type(kb).objects.filter(pk=kb.pk).update(paused_at="2026-01-01T00:00Z" if paused else None)

    done = sweeping.sweep()

    assert done["settle"] == 2
    assert states() == [TaskState.PAUSED if paused else TaskState.QUEUED] * 2
    assert sweeping.sweep()["settle"] == 0


def test_saving_a_copy_of_the_dataset_from_before_resumes_nothing(kb):
    stale = type(kb).objects.get(pk=kb.pk)
    pausing.pause(kb)

    stale.save()

    kb.refresh_from_db()
    assert kb.paused_at is not None


def test_any_number_of_tasks_is_held_back_in_transactions_of_bounded_size(kb, upload, monkeypatch):
    monkeypatch.setattr(pausing, "BATCH", 2)
    queueing.start([upload(f"{number}.txt").pk for number in range(5)])

    assert pausing.pause(kb) == 5
    assert pausing.resume(kb) == 5


def test_resuming_wakes_workers(kb, document, django_capture_on_commit_callbacks, monkeypatch):
    woken = []
    monkeypatch.setattr(pausing, "send_wakes", woken.append)
    queueing.start([document.pk])
    pausing.pause(kb)

    with django_capture_on_commit_callbacks(execute=True):
        pausing.resume(kb)

    assert woken == [1]


@pytest.mark.django_db(transaction=True)
def test_the_worker_stops_at_its_next_heartbeat(kb, claimed, settings):
    settings.RAG_HEARTBEAT_SECONDS = 0.05
    killed = threading.Event()

    with Lease(claimed(), on_lost=killed.set) as lease:
        pausing.pause(kb)

        assert killed.wait(5)
        assert not lease.alive


@pytest.mark.django_db(transaction=True)
def test_what_is_just_being_published_is_finished(kb, claimed, stage):
    task = claimed()
    stage(task, ["one"])

    def pause():
        try:
            return pausing.pause(kb)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        Task.objects.select_for_update().get(pk=task.pk)  # as a publisher has it
        assert pool.submit(pause).result(10) == 0
        publishing.publish(task)

    assert states() == [TaskState.DONE]
    assert sweeping.sweep()["settle"] == 0


@pytest.mark.django_db(transaction=True)
def test_pausing_among_starts_claims_ends_stops_and_removals_leaves_nothing_behind(kb, upload):
    ids = [upload(f"{number}.txt").pk for number in range(8)]
    until = time.monotonic() + 4

    def work(rng):
        if task := Task.objects.claim(owner="test", lease_seconds=rng.choice([0, 60])):
            end = rng.choice([publishing.publish, progress.release, lambda task: None])
            with contextlib.suppress(LeaseLost):
                end(task)

    def switch(rng):
        row = type(kb).objects.get(pk=kb.pk)
        rng.choice([pausing.pause, pausing.resume])(row)

    deeds = {
        "work": work,
        "start": lambda rng: queueing.start(rng.sample(ids, 3)),
        "switch": switch,
        "stop": lambda rng: queueing.stop(rng.sample(ids, 2)),
        "sweep": lambda rng: sweeping.sweep(),
        "remove": lambda rng: rng.random() < 0.02 and removal.remove(rng.sample(ids, 1)),
    }

    def disturb(seed):
        rng = random.Random(seed)
        try:
            while time.monotonic() < until:
                rng.choices(list(deeds.values()), weights=[6, 4, 2, 2, 2, 1])[0](rng)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(disturb, range(6)))
    pausing.resume(type(kb).objects.get(pk=kb.pk))
    Task.objects.filter(state=TaskState.RUNNING).update(lease_until="2026-01-01T00:00Z")  # their workers are gone
    sweeping.sweep()

    while task := Task.objects.claim(owner="last", lease_seconds=60):
        publishing.publish(task)
    assert not Task.objects.open().exists()
    runs = set(Document.objects.live().values_list("run", flat=True))
    assert runs <= {Run.DONE, Run.CANCEL, Run.UNSTART}


@pytest.mark.django_db(transaction=True)
def test_a_document_that_was_paused_while_it_was_parsed_is_done_after_all(kb, document, monkeypatch):
    real, paused = Sandbox.windows, []

    def parse_and_pause(self, *args, **kwargs):
        for window in real(self, *args, **kwargs):
            if not paused:
                paused.append(pausing.pause(kb))
            yield window

    monkeypatch.setattr(Sandbox, "windows", parse_and_pause)
    queueing.start([document.pk])
    jobs.wake()
    assert states() == [TaskState.PAUSED]

    pausing.resume(kb)
    jobs.wake()

    document.refresh_from_db()
    assert (document.run, document.chunk_num) == (Run.DONE, 1)
