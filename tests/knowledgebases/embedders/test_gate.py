import functools
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

import pytest
from django.db import connection, connections

from knowledgebases.embedders import circuits, gate
from knowledgebases.embedders.endpoint import Endpoint
from knowledgebases.embedders.gate import Gate
from knowledgebases.embedders.interrupting import interruptible
from knowledgebases.embedders.openai import OpenAIEmbedder
from knowledgebases.models import Circuit
from system.errors import Misconfigured, Suspended, Unavailable
from system.models import ModelEndpoint
from system.transport import Transport
from tests.loopback import reply, serving

pytestmark = pytest.mark.django_db


def embedder(server, endpoint, *, slots=4, timeout=5):
    return OpenAIEmbedder(
        Endpoint(
            base_url=f"{server.url}/v1",
            model="e1",
            api_key="",
            model_id="e1@Lab",
            transport=Transport(allow=[server.endpoint]),
            timeout=timeout,
            gate=Gate(endpoint.pk, endpoint.model_id, slots),
        ),
        count=lambda texts: [1] * len(texts),
        dimension=2,
    )


def honest(handler, request):
    texts = json.loads(request.body)["input"]
    rows = [{"index": index, "embedding": [1.0, float(index)]} for index in range(len(texts))]
    reply(handler, json.dumps({"data": rows}).encode())


def refusing(status, **headers):
    return lambda handler, request: reply(
        handler, b'{"error": "not now"}', status=status, headers={k.replace("_", "-"): v for k, v in headers.items()}
    )


def resetting(handler, request):
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.close_connection = True


def hanging(handler, request):
    time.sleep(1)
    honest(handler, request)


def fail(model, times):
    for _ in range(times):
        with pytest.raises(Unavailable) as failure:
            model.embed(["a"])
        assert not isinstance(failure.value, Suspended)


@pytest.mark.parametrize(
    ("answer", "timeout"),
    [(refusing(429), 5), (refusing(503), 5), (resetting, 5), (hanging, 0.1)],
    ids=["429", "503", "reset", "time-out"],
)
def test_after_five_failures_in_a_row_nobody_calls_for_half_a_minute(endpoint, answer, timeout):
    with serving(answer) as server:
        model = embedder(server, endpoint, timeout=timeout)
        fail(model, 5)
        asked = len(server.requests)

        with pytest.raises(Suspended, match="left alone for") as refusal:
            model.embed(["a"])

        assert len(server.requests) == asked
    assert 25 <= int(refusal.value.headers["Retry-After"]) <= 30


def test_every_process_goes_by_the_same_breaker(endpoint):
    with serving(refusing(500)) as server:
        fail(embedder(server, endpoint), 5)

        with pytest.raises(Suspended):
            embedder(server, endpoint).embed_query("a")


def test_another_endpoint_is_not_concerned(endpoint, stranger):
    other = ModelEndpoint.objects.create(
        tenant=stranger.tenant, provider="Lab", name="e1", base_url="https://x.example"
    )
    with serving(refusing(500)) as server:
        fail(embedder(server, endpoint), 5)

    with serving(honest) as server:
        assert embedder(server, other).embed(["a"]).shape == (1, 2)


def test_an_answer_in_between_forgets_the_failures(endpoint):
    with serving(refusing(500)) as bad, serving(honest) as good:
        fail(embedder(bad, endpoint), 4)
        embedder(good, endpoint).embed(["a"])
        fail(embedder(bad, endpoint), 4)

    assert Circuit.objects.get().open_until is None


def test_what_a_configuration_does_never_opens_the_breaker(endpoint):
    with serving(refusing(401)) as server:
        model = embedder(server, endpoint)
        for _ in range(7):
            with pytest.raises(Misconfigured):
                model.embed(["a"])

    assert not Circuit.objects.exists()


def test_an_endpoint_is_taken_at_its_word_the_first_time(endpoint):
    with serving(refusing(429, Retry_After="40")) as server:
        fail(embedder(server, endpoint), 1)

        with pytest.raises(Suspended, match=r"HTTP 429.*left alone for (39|40) s"):
            embedder(server, endpoint).embed(["a"])

        assert len(server.requests) == 1


def test_a_trial_that_fails_opens_it_again(endpoint, later):
    with serving(refusing(500)) as server:
        model = embedder(server, endpoint)
        fail(model, 5)
        later()
        fail(model, 1)

        with pytest.raises(Suspended, match=r"left alone for (29|30) s"):
            model.embed(["a"])

        assert len(server.requests) == 6


class Crowd:
    """A server that counts how many it is answering."""

    def __init__(self, stay=lambda: time.sleep(0.1)):
        self.now = self.most = 0
        self._stay = stay
        self._lock = threading.Lock()

    def __call__(self, handler, request):
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self._stay()
        with self._lock:
            self.now -= 1
        honest(handler, request)


def together(number, deed):
    """Do it in so many threads, each with a database connection of its own; returns what was raised."""
    raised = []

    def run():
        try:
            deed()
        except Unavailable as error:
            raised.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


@pytest.mark.django_db(transaction=True)
def test_no_more_than_so_many_call_at_the_same_time(endpoint):
    crowd = Crowd()
    with serving(crowd) as server:
        raised = together(8, lambda: embedder(server, endpoint, slots=2).embed(["a"]))

    assert raised == []
    assert crowd.most == 2


@pytest.mark.django_db(transaction=True)
def test_people_do_not_wait_for_a_slot(endpoint):
    crowd = Crowd(stay=functools.partial(threading.Barrier(6).wait, 30))  # answers once all six are there
    with serving(crowd) as server:
        raised = together(6, lambda: embedder(server, endpoint, slots=None, timeout=30).embed_query("a"))

    assert raised == []
    assert crowd.most == 6


@pytest.mark.django_db(transaction=True)
def test_many_waiting_callers_do_not_all_call_when_the_breaker_half_opens(endpoint, later):
    circuits.failed(circuits.Pass(endpoint.pk), Unavailable("x", headers={"Retry-After": "1"}))
    later()

    with serving(hanging) as server:
        raised = together(12, lambda: embedder(server, endpoint, slots=12, timeout=3).embed(["a"]))

        assert len(server.requests) == 1
    assert sum(isinstance(error, Suspended) for error in raised) == 11


@pytest.mark.django_db(transaction=True)
def test_who_waits_too_long_for_a_slot_comes_back_later(endpoint, monkeypatch):
    monkeypatch.setattr(gate, "PATIENCE", 0.2)
    with connections["default"].cursor() as cursor:
        held = Gate(endpoint.pk, "e1@Lab", 1)
        slot = held._take()
        raised = together(1, lambda: Gate(endpoint.pk, "e1@Lab", 1)._take())
        cursor.execute(gate._LEAVE, [held._key, slot])

    assert [str(error) for error in raised] == ["The endpoint of e1@Lab is busy with 1 requests of this site."]
    assert raised[0].headers == {"Retry-After": "2"}


@pytest.mark.django_db(transaction=True)
def test_who_is_not_wanted_any_more_does_not_wait_for_a_slot(endpoint):
    class Unwanted(Exception):
        pass

    def unwanted():
        raise Unwanted

    def wait():
        with interruptible(unwanted), pytest.raises(Unwanted):
            Gate(endpoint.pk, "e1@Lab", 1)._take()

    with Gate(endpoint.pk, "e1@Lab", 1).passing():
        begun = time.monotonic()
        together(1, wait)

    assert time.monotonic() - begun < gate.PATIENCE / 2


HOLDER = """
import os, sys, time
sys.path.insert(0, os.getcwd())
os.environ["DJANGO_SETTINGS_MODULE"] = "ragsite.settings.test"
import django
django.setup()
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
from knowledgebases.embedders.gate import Gate
with Gate(sys.argv[2], "e1@Lab", 1).passing():
    print("in", flush=True)
    time.sleep(60)
"""


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_a_caller_that_is_killed_leaves_its_slot_at_once(endpoint, monkeypatch):
    name = connection.settings_dict["NAME"]
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, name, endpoint.pk], stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "in\n"
    waiting = Gate(endpoint.pk, "e1@Lab", 1)
    monkeypatch.setattr(gate, "PATIENCE", 0.1)
    with pytest.raises(Suspended):
        waiting._take()

    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    monkeypatch.setattr(gate, "PATIENCE", 5)

    with waiting.passing():
        pass
