from datetime import timedelta

import pytest
from django.utils import timezone
from redis.exceptions import ConnectionError as RedisGone

from documents import pausing, progress, queueing
from documents.models import Document, Task
from documents.watching import sights, waiting
from documents.watching.waiting import ordinal
from knowledgebases.models import Knowledgebase
from system import heartbeats
from system.errors import Unavailable
from system.models import DEFAULT_EMBEDDING_MODEL

pytestmark = pytest.mark.django_db


@pytest.fixture
def seen():
    """What keeps a document now."""
    return lambda document: sights.by_id([document.pk])[0].waiting


@pytest.fixture
def started(upload):
    """Documents that wait, in that order."""

    def started(count, to=None):
        documents = [upload(f"{number}.txt", to=to) for number in range(count)]
        for document in documents:
            queueing.start([document.pk])
        return documents

    return started


@pytest.mark.parametrize(
    ("number", "text"), [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (13, "13th"), (1022, "1,022nd")]
)
def test_places_are_spelled(number, text):
    assert ordinal(number) == text


def test_those_that_wait_know_their_place(started, seen):
    documents = started(3)

    assert [seen(document).reason for document in documents] == ["1st in line", "2nd in line", "3rd in line"]
    assert seen(documents[2]).position == 3


def test_each_tenant_has_a_line_of_its_own(started, seen, stranger):
    started(3)
    kb = Knowledgebase.objects.create(
        tenant=stranger.tenant, created_by=stranger, name="Theirs", embd_id=DEFAULT_EMBEDDING_MODEL
    )

    (theirs,) = started(1, to=kb)

    assert seen(theirs).position == 1


def test_urgent_work_goes_first(started, seen):
    first, second = started(2)

    Task.objects.filter(document=second).update(priority=1000)

    assert (seen(second).position, seen(first).position) == (1, 2)


def test_far_back_the_place_is_not_counted(started, seen, monkeypatch):
    monkeypatch.setattr(waiting, "COUNTED", 2)
    *_, last = started(3)

    assert seen(last).position is None
    assert seen(last).reason == "more than 2 ahead in line"


def test_a_busy_endpoint_is_named_with_the_time_of_the_next_try(claimed, document, seen):
    task = claimed()

    progress.fail_or_retry(task, Unavailable("The embedding endpoint answers 429.", headers={"Retry-After": "40"}))

    waits = seen(document)
    assert waits.kind == "retry"
    assert waits.reason.startswith("The embedding endpoint answers 429, next try in ")
    assert timedelta(0) < waits.next_try - timezone.now() <= timedelta(seconds=90)


def test_a_paused_dataset_keeps_its_documents(kb, started, seen):
    (document,) = started(1)

    pausing.pause(kb)

    assert seen(document).reason == "paused with its dataset"


def test_quarantine_is_told(started, seen):
    (document,) = started(1)

    Task.objects.filter(document=document).update(lost=6)

    assert seen(document).kind == "quarantined"
    assert "lost 6 workers" in seen(document).reason


def test_no_worker_is_told(started, seen, monkeypatch):
    (document,) = started(1)

    monkeypatch.setattr(waiting, "workers_alive", lambda: 0)

    assert seen(document).reason == "no worker is alive"


def test_without_redis_nobody_is_declared_dead(started, seen, monkeypatch):
    (document,) = started(1)
    monkeypatch.setattr(waiting, "workers_alive", waiting._Workers())

    def away(seconds):
        raise RedisGone

    monkeypatch.setattr(heartbeats, "alive", away)

    assert seen(document).reason.startswith("1st in line; whether a worker is alive is not known")


def test_workers_that_beat_are_counted(redis):
    heartbeats.beat("one:1", boot_at=0, done=0, failed=0, working=False)
    heartbeats.beat("two:2", boot_at=0, done=0, failed=0, working=False)

    assert waiting._Workers()() == 2


def test_nothing_keeps_what_is_worked_on_or_has_ended(claimed, document, seen):
    assert seen(document) is None

    claimed()

    assert seen(document) is None


@pytest.mark.parametrize("count", [1, 12])
def test_many_documents_cost_what_one_does(started, count, django_assert_num_queries):
    ids = [document.pk for document in started(count)]

    with django_assert_num_queries(3):
        assert len(sights.by_id(ids)) == count


def test_parts_at_the_same_step_are_counted_together(claimed, document):
    task = claimed()
    task.beat(lease_seconds=60, progress=0.2, message="a", phase="embed", done=10, total=40)
    second = Task.objects.create(
        document=document, kb=document.kb, tenant=document.kb.tenant, gen=task.gen, part=1, state="running", fence=7
    )
    second.beat(lease_seconds=60, progress=0.6, message="b", phase="embed", done=5, total=60)

    sight = sights.of([Document.objects.get(pk=document.pk)])[0]

    assert str(sight.step) == "embed 15/100"
    assert (sight.parts_done, sight.parts_total) == (0, 2)
    assert sight.progress == pytest.approx(0.4)
