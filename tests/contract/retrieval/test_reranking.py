"""`rerank_id`: a rerank model of the tenant has the last word, or the answer says why not (contract B.3, F.3)."""

import json
import time

import pytest

from knowledgebases import embedders, rerankers
from system.models import ModelEndpoint, ModelType
from tests.contract.answers import exception
from tests.factories import KnowledgebaseFactory
from tests.loopback import reply, serving

pytestmark = pytest.mark.django_db
MODEL = "r1@OpenAI-API-Compatible"


def judging(handler, request):
    """The third passage is the best, the others are nothing."""
    texts = json.loads(request.body)["documents"]
    rows = [{"index": n, "relevance_score": 0.9 if "test 3" in text else 0.0} for n, text in enumerate(texts)]
    reply(handler, json.dumps({"results": rows}).encode())


def hanging(handler, request):
    time.sleep(1)
    judging(handler, request)


LIES = {
    "html": b"<html>",
    "too few": b'{"results": []}',
    "not a number": b'{"results": [' + b",".join(b'{"index": %d, "score": NaN}' % n for n in range(4)) + b"]}",
    "wrong places": b'{"results": [' + b",".join(b'{"index": %d, "score": 1}' % (n + 1) for n in range(4)) + b"]}",
    "texts": b'{"results": [' + b",".join(b'{"index": %d, "score": "1"}' % n for n in range(4)) + b"]}",
}


@pytest.fixture
def model(owner, monkeypatch):
    """Set up the owner's rerank model at an endpoint that answers so."""
    monkeypatch.setattr(embedders, "_site", embedders._site)

    def model(server):
        embedders.configure(private_endpoints=[server.endpoint])
        return ModelEndpoint.objects.create(
            tenant=owner.tenant,
            provider="OpenAI-API-Compatible",
            name="r1",
            model_type=ModelType.RERANK,
            base_url=f"{server.url}/v1",
        )

    return model


def test_the_judgement_takes_the_place_of_the_vectors(ask, kb, five, model):
    with serving(judging) as server:
        model(server)
        body = {"similarity_threshold": 0, "vector_similarity_weight": 0.6, "explain": True, "timings": True}
        data = ask(dataset_ids=[kb.pk], question="chunk", rerank_id=MODEL, **body).json()["data"]

    best = data["chunks"][0]
    assert (best["content"], best["vector_similarity"]) == ("chunk test 3", 0.9)
    for hit in data["chunks"]:
        mean = 0.4 * hit["term_similarity"] + 0.6 * hit["vector_similarity"]
        assert hit["similarity"] == pytest.approx(mean) == pytest.approx(sum(hit["explain"].values()))
        assert hit["explain"]["rerank"] == pytest.approx(0.6 * hit["vector_similarity"])
    assert (data["total"], data["explain"]["reranked"], "degraded" in data) == (4, 4, False)
    assert data["timings"]["rerank"] > 0


def without(data, *keys):
    return {key: value for key, value in data.items() if key not in keys}


@pytest.mark.parametrize("body", LIES.values(), ids=LIES)
def test_what_a_model_cannot_mean_is_not_believed(ask, kb, five, model, body):
    plain = ask(dataset_ids=[kb.pk], question="chunk").json()["data"]

    with serving(lambda handler, request: reply(handler, body)) as server:
        model(server)
        data = ask(dataset_ids=[kb.pk], question="chunk", rerank_id=MODEL).json()["data"]

    assert without(data, "degraded") == plain
    assert data["degraded"].startswith(f"Not reranked: {server.url}/v1/rerank answer")


@pytest.mark.parametrize("status", [401, 404, 429, 500])
def test_a_model_that_refuses_leaves_the_hits_as_they_were(ask, kb, five, model, status):
    plain = ask(dataset_ids=[kb.pk], question="chunk").json()["data"]

    with serving(lambda handler, request: reply(handler, status=status)) as server:
        model(server)
        data = ask(dataset_ids=[kb.pk], question="chunk", rerank_id=MODEL).json()["data"]

    assert without(data, "degraded") == plain
    assert f"HTTP {status}" in data["degraded"]


def test_a_model_that_hangs_is_not_waited_for(ask, kb, five, model, monkeypatch):
    monkeypatch.setattr(rerankers, "SECONDS", 0.2)

    with serving(hanging) as server:
        model(server)
        begun = time.monotonic()
        data = ask(dataset_ids=[kb.pk], question="chunk", rerank_id=MODEL).json()["data"]

        assert time.monotonic() - begun < 1
    assert data["total"] == 4
    assert data["degraded"] == f"Not reranked: {server.url}/v1/rerank did not answer in time."


def test_a_model_that_fails_again_and_again_is_left_alone(ask, kb, five, model):
    with serving(lambda handler, request: reply(handler, status=503)) as server:
        model(server)
        answers = [ask(dataset_ids=[kb.pk], question="chunk", rerank_id=MODEL).json()["data"] for _ in range(7)]

    assert len(server.requests) == 5
    assert "left alone" in answers[-1]["degraded"]
    assert {answer["total"] for answer in answers} == {4}


def test_an_inner_address_is_not_called(ask, kb, five, owner):
    ModelEndpoint.objects.create(
        tenant=owner.tenant, provider="TEI", name="r1", model_type=ModelType.RERANK, base_url="http://127.0.0.1:1"
    )

    data = ask(dataset_ids=[kb.pk], question="chunk", rerank_id="r1@TEI").json()["data"]

    assert data["total"] == 4
    assert data["degraded"].startswith("Not reranked: ")


@pytest.mark.parametrize("given", ["unknown", "x" * 300, 5, [1], {"a": 1}, True], ids=str)
def test_an_unknown_model_is_told(ask, kb, five, given):
    answer = ask(dataset_ids=[kb.pk], question="chunk", rerank_id=given)

    assert (answer.status_code, answer.json()) == (404, exception(f"LookupError('Model({given}) not authorized')")) or (
        "not authorized" in answer.json()["message"]
    )


@pytest.mark.parametrize("given", ["", None, 0, False, [], {}], ids=str)
def test_nothing_is_no_model(hits, five, given):
    assert len(hits(rerank_id=given)) == 4


def test_the_model_is_that_of_the_datasets_tenant(ask, api_as, owner, teammate, stranger, model, upload, publish):
    team = KnowledgebaseFactory(owner=owner, team=True)
    publish(upload("a.txt", to=team), "Otters hold hands.")
    theirs = KnowledgebaseFactory(owner=stranger)

    with serving(judging) as server:
        model(server)
        mate = ask(api_as(teammate), dataset_ids=[team.pk], question="otters", rerank_id=MODEL)
        foreign = ask(api_as(stranger), dataset_ids=[theirs.pk], question="otters", rerank_id=MODEL)

    assert (mate.status_code, "degraded" in mate.json()["data"]) == (200, False)
    assert foreign.status_code == 404


def test_the_web_api_reranks_as_well(web, kb, five, model):
    body = {"kb_id": kb.pk, "question": "chunk", "rerank_id": MODEL, "vector_similarity_weight": 0.6}

    with serving(judging) as server:
        model(server)
        data = web.post("/v1/chunk/retrieval_test", body, format="json").json()["data"]

    assert data["chunks"][0]["content_with_weight"] == "chunk test 3"


def test_the_web_api_says_too_why_it_did_not_rerank(web, kb, five, model):
    body = {"kb_id": kb.pk, "question": "chunk", "rerank_id": MODEL}

    with serving(lambda handler, request: reply(handler, b"<html>")) as server:
        model(server)
        data = web.post("/v1/chunk/retrieval_test", body, format="json").json()["data"]

    assert data["total"] == 4
    assert data["degraded"].startswith(f"Not reranked: {server.url}/v1/rerank answer")
