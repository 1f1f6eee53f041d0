"""Redis is emptied, stopped, or hangs in the middle of ingestion: nothing is lost, and requests are answered at once.

`RAGSITE_WITHOUT_REDIS_SECONDS=30` makes the outages longer than CI has time for.
"""

import os
import signal
import time

import psutil
import pytest
from redis import Redis

from ragsite.embedded import valkey
from tests.flows.live import start, stop, wait_until

pytestmark = [pytest.mark.processes, pytest.mark.timeout(600)]

SECONDS = float(os.environ.get("RAGSITE_WITHOUT_REDIS_SECONDS", "4"))
ANSWERED = 3.0  # seconds, on a machine that ingests meanwhile; a hanging Redis costs one of them, once
TEXT = "\n\n".join(f"Fact {number}: the otter of pond {number} eats fish. " * 8 for number in range(40))


class Queue:
    """A Redis of the site's that is not started again by anybody but us."""

    def __init__(self, folder):
        self.folder = folder
        self.url = valkey.ensure(folder)

    def wipe(self):
        with Redis.from_url(self.url) as client:
            client.flushall()

    def kill(self):
        valkey.stop(self.folder)

    def start(self):
        valkey.ensure(self.folder)

    @property
    def process(self):
        with Redis.from_url(self.url) as client:
            return psutil.Process(client.info("server")["process_id"])


@pytest.fixture(scope="module")
def queue(tmp_path_factory):
    queue = Queue(tmp_path_factory.mktemp("redis"))
    yield queue
    queue.kill()


@pytest.fixture(scope="module")
def site(queue, tmp_path_factory):
    site = start(tmp_path_factory.mktemp("site"), REDIS_URL=queue.url, RAGSITE_EMBED_THREADS="1")
    yield site
    stop(site)


@pytest.fixture
def dataset(site):
    """A dataset of the live site: upload, parse, and look."""

    class Dataset:
        def __init__(self, api):
            self.api = api
            self.id = api.post("/datasets", json={"name": os.urandom(4).hex()}).json()["data"]["id"]
            self.slowest = 0.0

        def _timed(self, *args, **kwargs):
            begun = time.monotonic()
            answer = self.api.post(*args, **kwargs)
            self.slowest = max(self.slowest, time.monotonic() - begun)
            answer.raise_for_status()
            assert answer.json()["code"] == 0
            return answer.json()

        def ingest(self, count=2):
            for _ in range(count):
                files = {"file": (f"{os.urandom(4).hex()}.txt", TEXT)}
                one = self._timed(f"/datasets/{self.id}/documents", files=files)["data"][0]["id"]
                self._timed(f"/datasets/{self.id}/chunks", json={"document_ids": [one]})

        def shown(self):
            params = {"page_size": 100}
            return self.api.get(f"/datasets/{self.id}/documents", params=params).json()["data"]["docs"]

        def runs(self):
            return {document["run"] for document in self.shown()}

    with site.api as api:
        yield Dataset(api)


def outage(dataset, seconds):
    """Keep uploading and parsing for so long; the slowest answer then, in seconds."""
    dataset.slowest, until = 0.0, time.monotonic() + seconds
    while time.monotonic() < until:
        dataset.ingest(1)
        time.sleep(seconds / 8)
    return dataset.slowest


def all_done(site, dataset, record_property, slowest):
    record_property("slowest answer without Redis", f"{slowest:.2f} s")
    print(f"slowest answer without Redis: {slowest:.2f} s")
    wait_until(lambda: dataset.runs() == {"DONE"}, 400, "DONE of all", site, pause=0.5)
    chunks = {document["chunk_count"] for document in dataset.shown()}
    assert len(chunks) == 1  # the same text each time
    assert chunks.pop() > 3
    assert slowest < ANSWERED


def test_an_emptied_and_stopped_redis_loses_nothing(site, queue, dataset, record_property):
    dataset.ingest(3)
    wait_until(lambda: "RUNNING" in dataset.runs(), 30, "RUNNING", site)
    queue.wipe()
    dataset.ingest(1)

    queue.kill()
    slowest = outage(dataset, SECONDS)
    queue.start()

    all_done(site, dataset, record_property, slowest)


def test_a_redis_that_hangs_loses_nothing(site, queue, dataset, record_property):
    dataset.ingest(2)
    process = queue.process

    process.send_signal(signal.SIGSTOP)
    try:
        slowest = outage(dataset, SECONDS)
    finally:
        process.send_signal(signal.SIGCONT)

    all_done(site, dataset, record_property, slowest)
