"""A site whose files are in a bucket, and the server of that bucket is killed."""

import pytest

from tests.buckets import BucketServer
from tests.flows.live import wait_until

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = BucketServer(tmp_path_factory.mktemp("buckets"))
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def site(launch, server):
    return launch(RAGSITE_EMBED_THREADS="1", **server.environment)


@pytest.fixture
def dataset(site, request):
    with site.api as api:
        return api.post("/datasets", json={"name": request.node.name}).json()["data"]["id"]


@pytest.fixture
def call(site, dataset):
    """Call a route of the documents of the dataset."""

    def call(method, path="documents", **how):
        with site.api as api:
            return api.request(method, f"/datasets/{dataset}/{path}", **how)

    return call


def upload(call, name, text="The otter of the pond eats fish."):
    return call("POST", files={"file": (name, text.encode())})


def shown(call, pk):
    return call("GET", params={"id": pk}).json()["data"]["docs"][0]


def test_a_killed_server_costs_nothing_but_time(site, server, call):
    first, second = (upload(call, name).json()["data"][0]["id"] for name in ("first.txt", "second.txt"))
    call("POST", "chunks", json={"document_ids": [first]}).raise_for_status()
    wait_until(lambda: shown(call, first)["run"] == "DONE", 60, "DONE", site)
    before = server.keys()
    server.kill()

    refused = [upload(call, f"{number}.txt") for number in range(3)]
    download = call("GET", f"documents/{first}")
    call("POST", "chunks", json={"document_ids": [second]}).raise_for_status()
    wait_until(lambda: "file storage does not answer" in shown(call, second)["progress_msg"], 30, "waiting", site)
    listed = call("GET").json()["data"]
    server.start()

    assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [(503, 500)] * 3
    assert (download.status_code, "Retry-After" in download.headers) == (503, True)
    assert listed["total"] == 2
    wait_until(lambda: shown(call, second)["run"] == "DONE", 60, "DONE after the outage", site)
    assert server.keys() == before
    assert upload(call, "0.txt").status_code == 200
    assert call("GET", f"documents/{first}").content == b"The otter of the pond eats fish."


def test_a_server_that_is_killed_while_files_come_in_has_whole_ones_or_none(site, server, call):
    """Each file is either answered with 200 and stored whole, or refused and there is no document."""
    text = "otter " * 100_000
    answers = []
    for number in range(12):
        if number == 4:
            server.kill()
        if number == 8:
            server.start()
        answers.append(upload(call, f"{number}.txt", text=f"{number} {text}"))

    stored = [answer.json()["data"][0] for answer in answers if answer.status_code == 200]
    assert {answer.status_code for answer in answers[4:8]} == {503}
    assert len(stored) >= 8
    assert {one["id"] for one in stored} == {one["id"] for one in call("GET").json()["data"]["docs"]}
    for one in stored:
        assert call("GET", f"documents/{one['id']}").text == f"{one['name'].removesuffix('.txt')} {text}"
