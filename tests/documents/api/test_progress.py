"""Extensions of the REST API: progress, waiting for it, and streams of it."""

import json
import threading
import time

import pytest
from django.db import connections

from documents import progress, queueing
from documents.models import Task
from documents.watching.hub import hub
from system.errors import DocumentFault
from system.models import APIToken

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def place(kb):
    return f"/api/v1/datasets/{kb.pk}"


@pytest.fixture
def later():
    """Do something in a thread after a moment; joined at the end."""
    threads = []

    def later(deed, seconds=0.3):
        def run():
            time.sleep(seconds)
            deed()
            connections.close_all()

        threads.append(threading.Thread(target=run))
        threads[-1].start()

    yield later
    for thread in threads:
        thread.join()


def events(answer):
    """Name and data of each event of a stream that has ended, and the last id."""
    blocks = [
        dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        for block in b"".join(answer.streaming_content).decode().split("\n\n")
        if block
    ]
    found = [(block["event"], json.loads(block["data"])) for block in blocks if "event" in block]
    return found, next((block["id"] for block in reversed(blocks) if "id" in block), None)


def claimed_by_another():
    """The task that waits, or will in a moment."""
    deadline = time.monotonic() + 20
    while not (task := Task.objects.claim(owner="test", lease_seconds=60)):
        assert time.monotonic() < deadline, "nothing was started"
        time.sleep(0.05)
    return task


def failed(task):
    progress.fail_or_retry(task, DocumentFault("corrupt", "The file is damaged."))


def test_a_document_tells_its_step_and_its_log(api, place, claimed, document):
    task = claimed()
    task.beat(
        lease_seconds=60, progress=0.3, message="Page 12.", phase="parse", done=12, total=40, lines="10:00:00 Page 12."
    )

    data = api.get(f"{place}/documents/{document.pk}/progress").json()["data"]

    assert (data["run"], data["under_way"], data["progress"]) == ("RUNNING", True, 0.3)
    assert (data["phase"], data["phase_done"], data["phase_total"]) == ("parse", 12, 40)
    assert data["summary"] == "parse 12/40: Page 12."
    assert (data["waiting"], data["parts_done"], data["parts_total"]) == (None, 0, 1)
    assert data["tasks"][0]["log"] == ["10:00:00 Page 12."]
    assert data["begin_time"]
    assert data["duration"] >= 0


def test_a_document_that_waits_tells_why(api, place, document):
    queueing.start([document.pk])

    waits = api.get(f"{place}/documents/{document.pk}/progress").json()["data"]["waiting"]

    assert waits["kind"] in {"line", "no_worker"}
    assert waits["reason"]


def test_a_dataset_counts_its_documents(api, place, document, upload):
    upload("idle.txt")
    queueing.start([document.pk])

    data = api.get(f"{place}/progress").json()["data"]

    assert data["states"] == {"UNSTART": 1, "RUNNING": 1, "CANCEL": 0, "DONE": 0, "FAIL": 0}
    assert (data["document_count"], data["under_way"]) == (2, True)
    assert [row["id"] for row in data["unfinished"]] == [document.pk]


def test_the_unfinished_come_in_pages(api, place, upload):
    for number in range(3):
        queueing.start([upload(f"{number}.txt").pk])

    rows = [api.get(f"{place}/progress?page={n}&page_size=2").json()["data"]["unfinished"] for n in (1, 2)]

    assert [[row["name"] for row in page] for page in rows] == [["0.txt", "1.txt"], ["2.txt"]]


def test_a_wait_ends_with_the_work(api, place, claimed, document, later):
    task = claimed()
    later(lambda: failed(task))

    data = api.get(f"{place}/documents/{document.pk}/progress?wait=1").json()["data"]

    assert (data["run"], data["under_way"]) == ("FAIL", False)


@pytest.mark.parametrize("path", ["progress", "documents/{}/progress"], ids=["dataset", "document"])
def test_a_wait_ends_with_its_time(api, place, claimed, document, path):
    claimed()
    began = time.monotonic()

    data = api.get(f"{place}/{path.format(document.pk)}?wait=1").json()["data"]

    assert data["under_way"] is True
    assert time.monotonic() - began >= 1


@pytest.mark.parametrize("value", ["-1", "61", "soon", "1.5", "9" * 400, ""])
@pytest.mark.parametrize("path", ["progress", "documents/{}/progress"], ids=["dataset", "document"])
def test_a_wrong_wait_is_refused_by_name(api, place, document, path, value):
    answer = api.get(f"{place}/{path.format(document.pk)}", {"wait": value})

    assert answer.status_code == 400
    assert "Field: <wait> - Message: <Input should be" in answer.json()["message"]


def test_a_start_may_wait_for_its_end(api, place, document, later):
    later(lambda: failed(claimed_by_another()))

    answer = api.post(f"{place}/chunks?wait=1", {"document_ids": [document.pk]}, format="json")

    assert answer.json() == {"code": 0}
    assert answer["Ragsite-Under-Way"] == "false"


def test_a_start_that_waits_in_vain_says_so(web, document):
    answer = web.post("/v1/document/run?wait=1", {"doc_ids": [document.pk], "run": "1"}, format="json")

    assert answer.json()["data"] is True
    assert answer["Ragsite-Under-Way"] == "true"


def test_a_start_with_a_wrong_wait_starts_nothing(api, place, document):
    answer = api.post(f"{place}/chunks?wait=never", {"document_ids": [document.pk]}, format="json")

    assert answer.status_code == 400
    assert not Task.objects.exists()


def test_a_start_without_a_wait_is_what_it_was(api, place, document):
    answer = api.post(f"{place}/chunks", {"document_ids": [document.pk]}, format="json")

    assert answer.json() == {"code": 0}
    assert "Ragsite-Under-Way" not in answer


def test_a_stream_is_one_of_events(api, place, claimed, document, later):
    task = claimed()
    later(lambda: failed(task))

    answer = api.get(f"{place}/documents/{document.pk}/events")

    assert answer["Content-Type"] == "text/event-stream"
    assert answer["Cache-Control"] == "no-store"
    found, last = events(answer)
    runs = [data["run"] for name, data in found if name == "document"]
    assert (runs[0], runs[-1]) == ("RUNNING", "FAIL")
    assert found[-1] == ("end", {"reason": "time"})
    assert last


def test_a_stream_goes_on_behind_the_last_event(api, place, claimed, document):
    task = claimed()
    _, last = events(api.get(f"{place}/events?seconds=0"))
    failed(task)

    found, _ = events(api.get(f"{place}/events?seconds=0", HTTP_LAST_EVENT_ID=last))

    assert [data["run"] for name, data in found if name == "document"] == ["FAIL"]


def test_a_stream_that_is_behind_nothing_tells_nothing(api, place, claimed, document):
    claimed()
    _, last = events(api.get(f"{place}/documents/{document.pk}/events?seconds=0"))

    found, _ = events(api.get(f"{place}/documents/{document.pk}/events?seconds=0", HTTP_LAST_EVENT_ID=last))

    assert [name for name, _ in found] == ["end"]


@pytest.mark.parametrize("last", ["0", "x" * 5000, "1-2:3:", "9999999999-1:2:", "1763718000-5:4:", "１-１:１:"])
def test_an_id_that_is_none_begins_anew(api, place, claimed, document, last):
    claimed()

    found, _ = events(api.get(f"{place}/events?seconds=0", headers={"Last-Event-ID": last.encode().decode("latin-1")}))

    assert [name for name, _ in found][:2] == ["reset", "document"]


def test_a_revoked_token_ends_its_stream(api, owner, place, document, settings, monkeypatch):
    monkeypatch.setattr("documents.watching.looking.RECHECK", 0.1)
    answer = api.get(f"{place}/documents/{document.pk}/events")
    for token in APIToken.objects.all():
        token.revoke()

    assert events(answer)[0][-1] == ("end", {"reason": "unreachable"})


def test_streams_are_limited_and_given_back(api, place, settings, kb):
    settings.RAG_STREAMS_PER_USER = 1
    first = api.get(f"{place}/events")

    refused = api.get(f"{place}/events")
    first.close()

    assert refused.status_code == 429
    assert refused["Retry-After"]
    assert "Close one of them" in refused.json()["message"]
    assert len(hub) == 0
    api.get(f"{place}/events").close()


@pytest.mark.parametrize("what", ["progress", "events"])
def test_what_is_out_of_reach_is_not_there(api_as, stranger, place, document, what):
    theirs = api_as(stranger)

    foreign = theirs.get(f"{place}/{what}")
    unknown = theirs.get(f"/api/v1/datasets/{'0' * 32}/{what}")

    assert foreign.status_code == unknown.status_code == 404
    assert theirs.get(f"{place}/documents/{document.pk}/{what}").status_code == 404
