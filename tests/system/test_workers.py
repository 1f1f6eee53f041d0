import pickle

import django_rq
import pytest
from django.conf import settings
from rq import Queue
from rq.job import Job
from rq.serializers import DefaultSerializer

from system.workers import WAKE, WakeWorker


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
