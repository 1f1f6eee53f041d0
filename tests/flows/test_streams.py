"""Streams of events on the real web server: hung up, cut off by an outage, and ended by a stop."""

import json
import threading
import time

import httpx
import pytest

from tests.flows.live import stop, wait_until

pytestmark = pytest.mark.processes


class Reader:
    """Reads a stream in a thread."""

    def __init__(self, site, path):
        self.events, self.ended = [], None
        headers = {"Authorization": f"Bearer {site.token}"}
        self.thread = threading.Thread(target=self.read, args=(f"{site.url}/api/v1{path}", headers), daemon=True)
        self.thread.start()

    def read(self, url, headers):
        with httpx.stream("GET", url, headers=headers, timeout=60) as answer:
            name = ""
            for line in answer.iter_lines():
                if line.startswith("event: "):
                    name = line[7:]
                elif line.startswith("data: "):
                    self.events.append((name, json.loads(line[6:])))
        self.ended = time.monotonic()

    def saw(self, name):
        return any(name == event for event, _ in self.events)


@pytest.fixture
def site(launch):
    return launch(RAGSITE_STREAMS_PER_USER="2", RAGSITE_WEB_PROCESSES="1", RAGSITE_WEB_CONNECTIONS="4")


def test_streams_survive_the_database_and_end_with_the_server(site):
    with site.api as api:
        dataset = api.post("/datasets", json={"name": "Rivers"}).json()["data"]["id"]
        path = f"/datasets/{dataset}/events"

        # Hung up: the place is free again within seconds.
        for _ in range(2):
            with api.stream("GET", path) as answer:
                assert answer.status_code == 200
        wait_until(lambda: _opens(api, path), 10, "a place for another stream", site)

        # An outage of the database: the stream stays, and goes on.
        reader = Reader(site, path)
        wait_until(lambda: reader.saw("dataset"), 10, "the first event", site)
        site.processes("postgres", "-D")[0].kill()
        # A request just after the kill may still find a backend that has not noticed: it is over when a write is taken.
        wait_until(lambda: _uploads(api, dataset), 60, "an upload after the outage", site)
        wait_until(lambda: reader.saw("document"), 20, "an event after the outage", site)

        # More requests at once than connections: they wait, none fails.
        codes = []
        threads = [threading.Thread(target=lambda: codes.append(api.get("/datasets").status_code)) for _ in range(32)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert codes == [200] * 32

    began = time.monotonic()
    stop(site)
    reader.thread.join(10)

    assert ("end", {"reason": "stopping"}) in reader.events
    assert reader.ended - began < 10


def _uploads(api, dataset):
    files = {"file": ("a.txt", "Otters.")}
    return api.post(f"/datasets/{dataset}/documents", files=files).status_code == 200


def _opens(api, path):
    with api.stream("GET", path) as answer:
        return answer.status_code == 200
