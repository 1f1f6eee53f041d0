"""A rerank model behind an endpoint: what is sent, what is understood, and what is not believed."""

import json
import math
import time

import pytest

from knowledgebases.embedders.endpoint import Endpoint
from knowledgebases.rerankers.http import PASSAGE_CHARS, QUESTION_CHARS, REPLY_BYTES, HttpReranker, Style
from system.errors import Misconfigured, Unavailable
from system.transport import Transport
from tests.loopback import reply, serving

PASSAGES = ["apples", "pears", "plums"]


def reranker(server, *, base="/v1", api_key="sk-canary", timeout=5, **options):
    transport = Transport(allow=[server.endpoint])
    endpoint = Endpoint(
        base_url=server.url + base,
        model="r1",
        api_key=api_key,
        model_id="r1@Lab",
        transport=transport,
        timeout=timeout,
        max_bytes=REPLY_BYTES,
    )
    return HttpReranker(endpoint, **options)


def answering(body, status=200):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda handler, request: reply(handler, raw, status=status)


def results(*scores, name="relevance_score"):
    return [{"index": index, name: score} for index, score in enumerate(scores)]


def asked(body, passages=PASSAGES, status=200, **fields):
    with serving(answering(body, status)) as server:
        return reranker(server, **fields).scores("fruit?", passages)


@pytest.mark.parametrize(
    "body",
    [
        {"results": results(0.1, 0.9, 0.5)},
        {"results": [*reversed(results(0.1, 0.9, 0.5))]},
        {"data": results(0.1, 0.9, 0.5)},
        results(0.1, 0.9, 0.5, name="score"),
        {"results": [{**row, "document": {"text": "x"}} for row in results(0.1, 0.9, 0.5)], "meta": {}},
    ],
    ids=["cohere", "by score", "voyage", "tei", "with documents"],
)
def test_scores_come_in_the_order_of_the_passages(body):
    assert asked(body) == [0.1, 0.9, 0.5]


def test_logits_become_shares():
    scores = asked({"results": results(-1e6, 0.0, 3.0)})

    assert scores == pytest.approx([0.0, 0.5, 1 / (1 + math.exp(-3))])


@pytest.mark.parametrize(
    ("style", "base", "expected"),
    [
        (Style.COMMON, "/v1", {"model": "r1", "query": "fruit?", "documents": ["a"], "top_n": 1}),
        (Style.COMMON, "/v1/rerank", {"model": "r1", "query": "fruit?", "documents": ["a"], "top_n": 1}),
        (Style.TEI, "/v1/", {"query": "fruit?", "texts": ["a"], "truncate": True}),
    ],
    ids=["common", "whole address", "tei"],
)
def test_a_request_is_in_the_style_of_the_endpoint(style, base, expected):
    with serving(answering({"results": results(0.5)})) as server:
        reranker(server, base=base, style=style).scores("fruit?", ["a"])

    (request,) = server.requests
    assert (request.method, request.path, json.loads(request.body)) == ("POST", "/v1/rerank", expected)
    assert request.headers["authorization"] == "Bearer sk-canary"


def test_long_texts_are_cut_and_empty_ones_are_a_blank():
    with serving(answering({"results": results(0.5, 0.5)})) as server:
        reranker(server).scores("q" * 10_000, ["", "p" * 10_000])

    sent = json.loads(server.requests[0].body)
    assert [len(sent["query"]), *map(len, sent["documents"])] == [QUESTION_CHARS, 1, PASSAGE_CHARS]


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b'{"results": [{"index": 0, "score": NaN}, {"index": 1, "score": 1}, {"index": 2, "score": 1}]}',
        b"null",
        {},
        {"results": {}},
        {"results": results(0.1, 0.2)},
        {"results": results(0.1, 0.2, 0.3, 0.4)},
        {"results": [0.1, 0.2, 0.3]},
        {"results": [{"index": 0, "score": 1}, {"index": 0, "score": 1}, {"index": 2, "score": 1}]},
        {"results": [{"index": 1, "score": 1}, {"index": 2, "score": 1}, {"index": 3, "score": 1}]},
        {"results": [{"index": "0", "score": 1}, {"index": 1, "score": 1}, {"index": 2, "score": 1}]},
        {"results": [{"index": False, "score": 1}, {"index": 1, "score": 1}, {"index": 2, "score": 1}]},
        {"results": [{"score": 1}] * 3},
        {"results": results(0.1, "0.2", 0.3)},
        {"results": results(0.1, None, 0.3)},
        {"results": results(0.1, True, 0.3)},
        {"results": results(0.1, 1e300, 0.3)},
        {"results": results(0.1, 10**400, 0.3)},
    ],
    ids=[
        *("html", "nan", "null", "nothing", "no list", "too few", "too many", "no objects", "doubled", "out of range"),
        *("text as index", "bool as index", "no index", "text", "no score", "bool", "huge", "beyond any float"),
    ],
)
def test_an_answer_that_cannot_be_is_refused(body):
    with pytest.raises(Misconfigured, match="answer"):
        asked(body)


@pytest.mark.parametrize(
    ("status", "error"), [(401, Misconfigured), (404, Misconfigured), (429, Unavailable), (500, Unavailable)]
)
def test_a_failure_is_told_by_its_kind_without_the_key(status, error):
    with pytest.raises(error) as failure:
        asked({"error": {"message": "no such key: sk-canary"}}, status=status)

    assert "no such key" in failure.value.message
    assert "sk-canary" not in failure.value.message


def test_an_endpoint_that_hangs_is_given_up():
    def hanging(handler, request):
        time.sleep(1)
        reply(handler)

    with serving(hanging) as server:
        begun = time.monotonic()
        with pytest.raises(Unavailable, match="in time"):
            reranker(server, timeout=0.2).scores("fruit?", PASSAGES)

        assert time.monotonic() - begun < 1


def test_an_answer_that_never_ends_is_cut_off():
    with pytest.raises(Misconfigured, match="more than"):
        asked(b"[" + b" " * (2 << 20) + b"]")
