import pickle
import time

import django_rq
import pytest
from django.conf import settings
from rq import Queue
from rq.job import Job
from rq.serializers import DefaultSerializer

from system.workers import WAKE, WakeWorker, at_work


@pytest.fixture
def queue(redis):
    return django_rq.get_queue(settings.RAG_QUEUE, connection=redis)


@pytest.fixture
def forked(monkeypatch):
    """Jobs that a worker was about to fork for."""
    jobs = []
    monkeypatch.setattr("rq.worker.Worker.execute_job", lambda self, job, queue: jobs.append(job.func_name))
    return jobs


def drain(queue, redis):
    """One worker that takes what is queued, without waiting for more."""
    WakeWorker([queue], connection=redis).work(burst=True, logging_level="CRITICAL")


def test_a_wake_is_run(queue, redis, forked):
    queue.enqueue(WAKE)

    drain(queue, redis)

    assert forked == [WAKE]


@pytest.mark.parametrize("name", ["os.system", "documents.removal.remove"], ids=["system", "ours"])
def test_a_job_that_names_another_function_is_refused(queue, redis, forked, name):
    job = queue.enqueue(name, "touch /tmp/owned")

    drain(queue, redis)

    assert forked == []
    assert not Job.exists(job.id, connection=redis)


def test_a_wake_with_arguments_is_refused(queue, redis, forked):
    queue.enqueue(WAKE, "argument")

    drain(queue, redis)

    assert forked == []


class Bomb:
    """Leaves a trace where it is unpickled."""

    def __reduce__(self):
        return exec, ("import builtins; builtins.unpickled = True",)


def test_a_pickled_job_is_refused_unread(redis, forked, queue):
    import builtins

    pickled = Queue(settings.RAG_QUEUE, connection=redis, serializer=DefaultSerializer)
    job = pickled.enqueue(WAKE)
    redis.hset(job.key, "data", pickle.dumps(Bomb()))

    drain(queue, redis)

    assert forked == []
    assert not hasattr(builtins, "unpickled")


def test_a_beat_tells_which_task_the_horse_is_at(queue, redis, monkeypatch):
    worker = WakeWorker([queue], connection=redis)
    job = queue.enqueue(WAKE)
    monkeypatch.setattr("system.workers.get_current_job", lambda: job)
    at_work("7")
    worker.set_current_job_id(job.id)
    worker._horse_pid = 1

    current = worker._current()

    assert current["7"]["id"] == "7"
    assert current["7"]["begin_at"] == pytest.approx(time.time(), abs=60)


def test_a_worker_without_a_job_is_at_nothing(queue, redis):
    worker = WakeWorker([queue], connection=redis)
    worker.set_current_job_id("gone")
    worker._horse_pid = 1

    assert worker._current() == {}
    at_work("7")  # outside of a job nothing is told
