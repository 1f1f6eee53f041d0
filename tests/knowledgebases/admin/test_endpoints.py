import json

import pytest
from django.urls import reverse

from knowledgebases import datasets, embedders
from knowledgebases.embedders import circuits
from system.errors import Unavailable
from system.models import ModelEndpoint
from tests.loopback import reply, serving

LIST = "/admin/system/modelendpoint/"
PROVIDER = "OpenAI-API-Compatible"
SECRET = "sk-canary-0123456789abcdef"


@pytest.fixture
def endpoint(owner):
    endpoint = ModelEndpoint(tenant=owner.tenant, provider=PROVIDER, name="e1", base_url="https://acme.example/v1")
    endpoint.api_key = SECRET
    endpoint.save()
    return endpoint


def page(endpoint):
    return reverse("admin:system_modelendpoint_change", args=[endpoint.pk])


def form(endpoint, **given):
    fields = ("provider", "name", "model_type", "base_url")
    kept = {key: getattr(endpoint, key) for key in fields}
    return {**kept, "tenant": endpoint.tenant_id, "dimension": "", "api_key": "", **given}


def stored(endpoint):
    return ModelEndpoint.objects.get(pk=endpoint.pk)


def test_a_key_goes_in_sealed_and_never_comes_out(console, endpoint):
    console.post(page(endpoint), form(endpoint, api_key="sk-other-key-987654321"))

    assert stored(endpoint).api_key == "sk-other-key-987654321"
    for url in (LIST, page(endpoint), f"{page(endpoint)[:-7]}history/"):
        shown = console.get(url).content.decode()
        assert "sk-other" not in shown
        assert SECRET not in shown


def test_only_the_end_of_a_key_is_shown(console, endpoint):
    assert "••••cdef" in console.get(LIST).content.decode()


def test_an_empty_key_leaves_the_stored_one(console, endpoint):
    console.post(page(endpoint), form(endpoint, dimension=384))

    assert (stored(endpoint).api_key, stored(endpoint).dimension) == (SECRET, 384)


def test_a_stored_key_is_not_sent_to_a_new_address(console, endpoint):
    moved = {"base_url": "https://evil.example/v1"}

    shown = console.post(page(endpoint), form(endpoint, **moved))
    assert "The address changes" in shown.content.decode()
    assert stored(endpoint).base_url == "https://acme.example/v1"

    console.post(page(endpoint), form(endpoint, **moved, forget_key="on"))
    assert (stored(endpoint).base_url, stored(endpoint).api_key) == ("https://evil.example/v1", "")


def test_a_key_that_cannot_be_opened_is_said(console, endpoint):
    ModelEndpoint.objects.update(sealed_key="rubbish")

    assert "cannot be opened" in console.get(LIST).content.decode()
    assert "cannot be opened" in console.get(page(endpoint)).content.decode()


@pytest.fixture
def allow(monkeypatch):
    """Let models be called at a private address."""
    monkeypatch.setattr(embedders, "_site", embedders._site)
    return lambda address: embedders.configure(private_endpoints=[address])


def answer(handler, request):
    if {key.lower(): value for key, value in request.headers.items()}.get("authorization") != f"Bearer {SECRET}":
        reply(handler, b'{"error": {"message": "no such key"}}', status=401)
        return
    texts = json.loads(request.body)["input"]
    rows = [{"index": number, "embedding": [0.6, 0.8, 0.0]} for number, _ in enumerate(texts)]
    reply(handler, json.dumps({"data": rows, "usage": {"total_tokens": 1}}).encode())


@pytest.mark.parametrize(
    ("key", "said"), [(SECRET, "3 dimensions"), ("sk-wrong-wrong-wrong", f"e1@{PROVIDER}")], ids=["right", "wrong"]
)
def test_the_test_embeds_a_word_and_says_what_came_back(console, endpoint, allow, key, said):
    with serving(answer) as server:
        allow(server.endpoint)
        endpoint.base_url, endpoint.api_key = f"{server.url}/v1", key
        endpoint.save()

        shown = console.post(LIST, {"action": "test", "_selected_action": [endpoint.pk]}, follow=True)

    messages = [(message.level_tag, message.message) for message in shown.context["messages"]]
    assert messages[0][0] == ("success" if key == SECRET else "error")
    assert said in messages[0][1]
    assert key not in shown.content.decode()


@pytest.mark.parametrize(
    ("answered", "level", "said"),
    [
        ([0.9, 0.1], "success", "0.90 for a passage that fits and 0.10 for one that does not"),
        ([0.9], "error", "no list of 2 results"),
    ],
    ids=["right", "wrong"],
)
def test_the_test_has_passages_reranked(console, endpoint, allow, answered, level, said):
    rows = [{"index": number, "relevance_score": score} for number, score in enumerate(answered)]
    with serving(lambda handler, request: reply(handler, json.dumps({"results": rows}).encode())) as server:
        allow(server.endpoint)
        endpoint.base_url, endpoint.model_type = f"{server.url}/v1", "rerank"
        endpoint.save()

        shown = console.post(LIST, {"action": "test", "_selected_action": [endpoint.pk]}, follow=True)

    (message,) = shown.context["messages"]
    assert (message.level_tag, server.requests[0].path) == (level, "/v1/rerank")
    assert said in message.message


def test_other_models_cannot_be_tested(console, endpoint):
    endpoint.model_type = "chat"
    endpoint.save()

    shown = console.post(LIST, {"action": "test", "_selected_action": [endpoint.pk]}, follow=True)

    assert next(iter(shown.context["messages"])).level_tag == "warning"


def test_an_inner_address_is_not_called(console, endpoint):
    endpoint.base_url = "http://127.0.0.1:1/v1"
    endpoint.save()

    shown = console.post(LIST, {"action": "test", "_selected_action": [endpoint.pk]}, follow=True)

    assert next(iter(shown.context["messages"])).level_tag == "error"


def test_who_may_only_look_calls_nobody(console_with, endpoint):
    viewer = console_with("system.view_modelendpoint")

    shown = viewer.post(LIST, {"action": "test", "_selected_action": [endpoint.pk]}, follow=True)

    assert "No action selected" in shown.content.decode() or not list(shown.context["messages"])
    assert viewer.post(page(endpoint), form(endpoint)).status_code == 403


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"provider": "Acme"}, "not one of the available choices"),
        ({"provider": "Builtin"}, "not one of the available choices"),
        ({"name": "n" * 128}, "may have 128 characters; these have 150."),
    ],
    ids=["unknown", "bundled", "long"],
)
def test_what_datasets_could_not_name_is_refused(console, endpoint, given, told):
    shown = console.post(page(endpoint), form(endpoint, **given))

    assert told in shown.content.decode()
    assert (stored(endpoint).provider, stored(endpoint).name) == (PROVIDER, "e1")


@pytest.mark.parametrize("name", ["e1", "team@e1"])
def test_an_endpoint_can_be_chosen_for_a_dataset(console, owner, endpoint, name):
    console.post(page(endpoint), form(endpoint, name=name))

    kb = datasets.create(
        owner.tenant, created_by=owner, given={"name": "x", "embedding_model": stored(endpoint).model_id}
    )

    assert kb.embd_id == f"{name}@{PROVIDER}"


def test_an_endpoint_that_fails_is_shown_with_what_it_said(console, endpoint):
    for _ in range(circuits.FAILURES):
        circuits.failed(circuits.Pass(endpoint.pk), Unavailable("e1 is over its rate limit (HTTP 429)."))

    assert "left alone for" in console.get(LIST).content.decode()
    assert "over its rate limit (HTTP 429)" in console.get(page(endpoint)).content.decode()
    assert "over its rate limit (HTTP 429)" in console.get("/admin/").content.decode()


def test_a_test_that_succeeds_has_the_endpoint_called_again(console, endpoint, monkeypatch):
    circuits.failed(circuits.Pass(endpoint.pk), Unavailable("x", headers={"Retry-After": "3600"}))
    row = [{"index": 0, "embedding": [1.0, 0.0]}]
    with serving(lambda handler, request: reply(handler, json.dumps({"data": row}).encode())) as server:
        ModelEndpoint.objects.update(base_url=f"{server.url}/v1")
        monkeypatch.setattr(embedders, "_site", embedders.Site(private_endpoints=(server.endpoint,)))
        console.post(LIST, {"action": "test", "_selected_action": [endpoint.pk]})

    assert circuits.admit(endpoint.pk) == circuits.Pass(endpoint.pk)
