"""What becomes of documents while their embedding endpoint fails: real tasks, a real server on the loopback."""

import json
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from documents import jobs, progress, queueing
from documents.models import Run, Task, TaskState
from knowledgebases import embedders
from knowledgebases.models import Circuit, Knowledgebase
from system.errors import Suspended
from system.models import ModelEndpoint
from tests.loopback import reply, serving

pytestmark = pytest.mark.django_db(transaction=True)

PROVIDER = "OpenAI-API-Compatible"
SUSPENDED = Suspended(
    "The endpoint is over its rate limit (HTTP 429). It is left alone for 40 s.", headers={"Retry-After": "40"}
)


class Endpoint:
    """Answers `refusals` times 429, then as the protocol says."""

    def __init__(self, refusals, **headers):
        self.refusals, self.headers, self.answers = refusals, headers, 0

    def __call__(self, handler, request):
        if self.refusals:
            self.refusals -= 1
            reply(handler, b'{"error": "slow down"}', status=429, headers=self.headers)
            return
        self.answers += 1
        rows = [
            {"index": index, "embedding": [1.0, float(len(text)), float(index + 1)]}
            for index, text in enumerate(json.loads(request.body)["input"])
        ]
        reply(handler, json.dumps({"data": rows}).encode())


@pytest.fixture
def remote(owner, monkeypatch):
    """A dataset whose model is behind an endpoint that a test answers for."""

    def remote(server):
        ModelEndpoint.objects.create(
            tenant=owner.tenant, provider=PROVIDER, name="e1", base_url=f"{server.url}/v1", dimension=3
        )
        monkeypatch.setattr(embedders, "_site", embedders.Site(private_endpoints=(server.endpoint,), slots=4))
        return Knowledgebase.objects.create(
            tenant=owner.tenant, created_by=owner, name="Remote", embd_id=f"e1@{PROVIDER}"
        )

    return remote


def work_until(done, seconds=30):
    """Work as a worker does that is woken again and again."""
    until = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < until, list(Task.objects.values_list("state", "message"))
        jobs.wake()
        time.sleep(0.05)


def test_a_storm_of_429_with_a_time_to_wait_is_weathered_without_a_fault(upload, remote):
    endpoint = Endpoint(2, **{"Retry-After": "1"})
    with serving(endpoint) as server:
        kb = remote(server)
        documents = [upload(f"{number}.txt", f"Otter number {number} swims.", to=kb) for number in range(6)]
        queueing.start([document.pk for document in documents])

        work_until(lambda: not Task.objects.open().exists())

    for document in documents:
        document.refresh_from_db()
    assert {document.run for document in documents} == {Run.DONE}
    assert set(Task.objects.values_list("faults", flat=True)) == {0}
    assert sum(Task.objects.values_list("waits", flat=True)) == 2  # the two that were refused, nobody else
    assert not Circuit.objects.exclude(failures=0, open_until=None).exists()


def test_while_an_endpoint_is_left_alone_tasks_wait_untried(upload, remote):
    endpoint = Endpoint(100, **{"Retry-After": "600"})
    with serving(endpoint) as server:
        kb = remote(server)
        queueing.start([upload(f"{number}.txt", to=kb).pk for number in range(4)])

        jobs.wake()

        asked = len(server.requests)
        jobs.wake()
        assert len(server.requests) == asked == 1
    tasks = Task.objects.all()
    assert {task.state for task in tasks} == {TaskState.QUEUED}
    assert all("HTTP 429" in task.message and "Next try in" in task.message for task in tasks)
    assert all(task.run_after > timezone.now() + timedelta(seconds=500) for task in tasks)


def test_one_task_that_finds_the_model_suspended_tells_the_others_of_its_dataset(upload, kb, owner):
    other = Knowledgebase.objects.create(tenant=owner.tenant, created_by=owner, name="Other", embd_id=kb.embd_id)
    queueing.start([upload(f"{number}.txt").pk for number in range(3)])
    queueing.start([upload(f"{number}.txt", to=other).pk for number in range(2)])
    task = next(
        task for task in iter(lambda: Task.objects.claim(owner="t", lease_seconds=60), None) if task.kb_id == kb.pk
    )
    Task.objects.filter(state=TaskState.RUNNING).exclude(pk=task.pk).update(state=TaskState.QUEUED)

    progress.fail_or_retry(task, SUSPENDED)

    task.refresh_from_db()
    assert (task.state, task.waits, task.faults) == (TaskState.QUEUED, 0, 0)
    assert set(Task.objects.claimable().values_list("kb", flat=True)) == {other.pk}
    assert all("Next try in 40 s" in told for told in Task.objects.filter(kb=kb).values_list("message", flat=True))


def test_a_search_goes_by_words_alone_while_the_model_is_suspended(upload, remote, api):
    endpoint = Endpoint(0)
    with serving(endpoint) as server:
        kb = remote(server)
        queueing.start([upload("otter.txt", "An otter swims.", to=kb).pk])
        work_until(lambda: not Task.objects.open().exists())
        endpoint.refusals, endpoint.headers = 1, {"Retry-After": "60"}
        for question in ("an otter", "otter", "otter swims"):
            asked = {"dataset_ids": [kb.pk], "question": question}
            answer = api.post("/api/v1/retrieval", asked, format="json").json()
            assert "HTTP 429" in answer["data"]["degraded"]
            assert answer["data"]["total"] == 1
        refused = endpoint.refusals

    assert refused == 0
    assert len(server.requests) == endpoint.answers + 1
