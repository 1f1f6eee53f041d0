"""The embedding endpoint fails at its n-th request: the document is done in the end, or fails with the cure."""

import itertools
import json
import socket
import struct
import time

import pytest

from documents import queueing
from documents.models import Run, Task
from knowledgebases import embedders
from knowledgebases.embedding import embedder_for
from knowledgebases.models import Knowledgebase
from system.models import ModelEndpoint
from tests.crash.conftest import CONFIG
from tests.crash.dying import Content, ingest, recover, unsettled
from tests.loopback import reply, serving

pytestmark = pytest.mark.django_db(transaction=True)

PROVIDER = "OpenAI-API-Compatible"


def honest(handler, request):
    texts = json.loads(request.body)["input"]
    rows = [{"index": n, "embedding": [1.0, len(text), text.count("e")]} for n, text in enumerate(texts)]
    reply(handler, json.dumps({"data": rows}).encode())


def resetting(handler, request):
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True
    handler.connection.close()


def hanging(handler, request):
    time.sleep(0.6)
    handler.close_connection = True


def slow(handler, request):
    time.sleep(0.1)
    honest(handler, request)


def saying(body, **options):
    return lambda handler, request: reply(handler, body, **options)


NOBODYS = {
    "500": saying(b'{"error": "overloaded"}', status=500),
    "429": saying(b'{"error": "too many"}', status=429, headers={"Retry-After": "3"}),
    "reset": resetting,
    "time-out": hanging,
    "slow": slow,
}
CONFIGURATION = {
    "401": (saying(b'{"error": "no such key"}', status=401), "Check the API key"),
    "404": (saying(b'{"error": "no such model"}', status=404), "Check base URL and model name"),
    "not JSON": (saying(b"<html>"), "Check the endpoint"),
    "too few vectors": (saying(b'{"data": []}'), "OpenAI-compatible"),
    "not a number": (saying(b'{"data": [{"index": 0, "embedding": [NaN]}]}'), "Check"),
}


@pytest.fixture
def endpoint(monkeypatch, owner):
    """A model behind a server whose n-th request fails; returns a dataset that uses it."""
    plan = {"number": -1, "fault": honest}

    def answer(handler, request):
        plan["number"] -= 1
        (plan["fault"] if plan["number"] == -1 else honest)(handler, request)

    with serving(answer) as server:
        monkeypatch.setattr(embedders, "_site", embedders.Site(private_endpoints=(server.endpoint,)))
        ModelEndpoint.objects.create(
            tenant=owner.tenant, provider=PROVIDER, name="e1", base_url=f"{server.url}/v1", dimension=3
        )
        plan["kb"] = Knowledgebase.objects.create(
            tenant=owner.tenant, created_by=owner, name="Remote", embd_id=f"e1@{PROVIDER}", parser_config=CONFIG
        )
        embedder_for(plan["kb"]).timeout = 0.4
        plan["server"] = server
        yield plan


@pytest.fixture
def disturbed(endpoint, upload):
    """Ingest a document while the n-th request fails; returns it, and whether there were so many requests."""

    def disturbed(number, fault):
        document = upload(to=endpoint["kb"])
        endpoint["fault"], endpoint["number"] = fault, number
        queueing.start([document.pk])
        ingest()
        return document, endpoint["number"] <= -1

    return disturbed


@pytest.mark.parametrize("fault", NOBODYS.values(), ids=NOBODYS.keys())
def test_what_is_nobodys_fault_costs_time_alone(disturbed, fault):
    contents = []
    for number in itertools.count():
        document, came = disturbed(number, fault)
        recover()

        document.refresh_from_db()
        assert (document.run, document.progress) == (Run.DONE, 1), document.progress_msg
        assert Task.objects.get(document=document).faults == 0
        assert unsettled() == []
        contents.append(Content.of(document.pk))
        if not came:
            break

    assert len(contents) >= 2
    assert all(content == contents[-1] for content in contents)


@pytest.mark.parametrize(("fault", "cure"), CONFIGURATION.values(), ids=CONFIGURATION.keys())
def test_a_wrong_configuration_fails_the_document_at_once_with_the_cure(disturbed, fault, cure):
    document, _ = disturbed(0, fault)

    recover()

    document.refresh_from_db()
    assert (document.run, document.progress) == (Run.FAIL, -1)
    assert cure in document.progress_msg
    assert unsettled() == []
    queueing.start([document.pk])
    recover()
    document.refresh_from_db()
    assert document.run == Run.DONE
