import base64
import json
import math
from email.utils import formatdate
from time import time

import numpy as np
import pytest

from knowledgebases.embedders.endpoint import Endpoint
from knowledgebases.embedders.openai import UNRELATED, OpenAIEmbedder
from knowledgebases.embedders.replies import LONGEST_WAIT, retry_after
from system.errors import Misconfigured, Unavailable
from system.transport import Transport
from tests.loopback import reply, serving

KEY = "sk-very-secret-key-0123456789"


def vector(text):
    """A vector of length 4 that tells texts apart."""
    codes = [ord(char) for char in text] or [0]
    return [float(len(text)), float(codes[0]), float(sum(codes)), 1.0]


def honest(handler, request):
    """Answers as the protocol says, the last text first: the order is told by `index` alone."""
    texts = json.loads(request.body)["input"]
    rows = [{"index": index, "embedding": vector(text)} for index, text in enumerate(texts)]
    reply(handler, json.dumps({"data": rows[::-1]}).encode())


def saying(body, **options):
    return lambda handler, request: reply(handler, json.dumps(body).encode(), **options)


def embedder(server, *, base="/v1/", model="test-model", api_key=KEY, **options):
    transport = Transport(allow=[server.endpoint])
    endpoint = Endpoint(
        base_url=server.url + base,
        model=model,
        api_key=api_key,
        model_id="test-model@Lab",
        transport=transport,
        timeout=5,
    )
    return OpenAIEmbedder(endpoint, count=lambda texts: [7], **options)


def normal(values):
    return np.array(values, np.float32) / np.linalg.norm(values)


def test_texts_are_sent_with_model_and_key_and_come_back_in_order():
    with serving(honest) as server:
        vectors = embedder(server).embed(["a", "bb", "ccc"])

    (request,) = server.requests
    assert request.path == "/v1/embeddings"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert json.loads(request.body) == {"model": "test-model", "input": ["a", "bb", "ccc"]}
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, [normal(vector(text)) for text in ("a", "bb", "ccc")], rtol=1e-6)


@pytest.mark.parametrize("base", ["/v1", "/v1/", "/v1/embeddings", "/v1/embeddings/"])
def test_an_address_may_be_that_of_the_embeddings_themselves(base):
    with serving(honest) as server:
        embedder(server, base=base).embed(["a"])

    assert server.requests[0].path == "/v1/embeddings"


def test_without_a_key_no_authorization_is_sent():
    with serving(honest) as server:
        embedder(server, api_key="").embed(["a"])

    assert "authorization" not in server.requests[0].headers


def test_texts_are_sent_in_batches():
    with serving(honest) as server:
        vectors = embedder(server, batch=3).embed([str(number) * 3 for number in range(7)] + ["x" * 200_000, "y"])

    assert [len(json.loads(request.body)["input"]) for request in server.requests] == [3, 3, 1, 1, 1]
    assert vectors.shape == (9, 4)


def test_an_empty_text_is_sent_as_a_space():
    with serving(honest) as server:
        embedder(server).embed(["", " \n"])

    assert json.loads(server.requests[0].body)["input"] == [" ", " "]


def test_no_texts_are_not_sent():
    with serving(honest) as server:
        assert embedder(server, dimension=4).embed([]).shape == (0, 4)

    assert server.requests == []


def test_a_question_is_asked_once():
    with serving(honest) as server:
        model = embedder(server)
        first, again = model.embed_query("why"), model.embed_query("why")

    assert first is again
    assert first.shape == (4,)
    assert len(server.requests) == 1


def test_base64_vectors_are_read():
    packed = base64.b64encode(np.array([3, 4], "<f4").tobytes()).decode()

    with serving(saying({"data": [{"index": 0, "embedding": packed}]})) as server:
        np.testing.assert_allclose(embedder(server).embed(["a"]), [[0.6, 0.8]], rtol=1e-6)


def test_rows_without_an_index_are_taken_in_order():
    with serving(saying({"data": [{"embedding": [1, 0]}, {"embedding": [0, 1]}]})) as server:
        np.testing.assert_allclose(embedder(server).embed(["a", "b"]), np.eye(2))


def test_dimension_is_probed_once():
    with serving(honest) as server:
        model = embedder(server)
        assert (model.dimension, model.dimension) == (4, 4)

    assert len(server.requests) == 1


def test_the_floor_is_the_mean_cosine_of_unrelated_pairs():
    with serving(honest) as server:
        model = embedder(server)
        floor = model.floor
        assert model.floor == floor

    questions = np.array([normal(vector(question)) for question, _ in UNRELATED])
    passages = np.array([normal(vector(passage)) for _, passage in UNRELATED])
    assert floor == pytest.approx(min(0.95, float((questions @ passages.T).mean())), abs=1e-5)
    assert len(server.requests) == 1


def test_another_dimension_than_expected_is_refused():
    with serving(honest) as server, pytest.raises(Misconfigured, match="length 4 where 3 was expected"):
        embedder(server, dimension=3).embed(["a"])


def row(embedding, index=0):
    return {"data": [{"index": index, "embedding": embedding}]}


HOSTILE = {
    "a list": [1],
    "no data": {"object": "list"},
    "data is no list": {"data": {}},
    "too few": {"data": []},
    "too many": {"data": [{"index": 0, "embedding": [1]}, {"index": 1, "embedding": [1]}]},
    "rows are numbers": {"data": [1]},
    "index out of range": row([1], 1),
    "negative index": row([1], -1),
    "index is a text": row([1], "0"),
    "index is a truth value": row([1], False),
    "no embedding": {"data": [{"index": 0}]},
    "empty embedding": row([]),
    "embedding of texts": row(["1"]),
    "embedding of truth values": row([True]),
    "nested embedding": row([[1.0]]),
    "embedding is an object": row({}),
    "zeros": row([0, 0]),
    "beyond float32": row([1e39, 1]),
    "endless embedding": row([1] * 16_001),
    "not base64": row("!!!!"),
    "base64 of NaN": row(base64.b64encode(np.array([np.nan], "<f4").tobytes()).decode()),
    "base64 of infinity": row(base64.b64encode(np.array([np.inf], "<f4").tobytes()).decode()),
    "too little base64": row(base64.b64encode(b"abc").decode()),
}


@pytest.mark.parametrize("answer", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_answer_is_refused(answer):
    with serving(saying(answer)) as server, pytest.raises(Misconfigured, match=r"/v1/embeddings answers"):
        embedder(server).embed(["a"])


def test_vectors_of_different_lengths_are_refused():
    answer = {"data": [{"index": 0, "embedding": [1]}, {"index": 1, "embedding": [1, 2]}]}

    with serving(saying(answer)) as server, pytest.raises(Misconfigured, match="different lengths"):
        embedder(server).embed(["a", "b"])


def test_a_doubled_index_is_refused():
    answer = {"data": [{"index": 0, "embedding": [1]}, {"index": 0, "embedding": [1]}]}

    with serving(saying(answer)) as server, pytest.raises(Misconfigured, match="doubled"):
        embedder(server).embed(["a", "b"])


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 529])
def test_trouble_that_passes_is_unavailable_with_the_time_to_wait(status):
    with (
        serving(saying({"error": {"message": "busy"}}, status=status, headers={"Retry-After": "12"})) as server,
        pytest.raises(Unavailable, match=rf"HTTP {status}.*busy") as caught,
    ):
        embedder(server).embed(["a"])

    assert caught.value.headers == {"Retry-After": "12"}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_a_refusal_carries_the_endpoints_words_and_a_cure(status):
    with (
        serving(saying({"error": {"message": "no such model"}}, status=status)) as server,
        pytest.raises(Misconfigured, match=rf"`test-model` \(HTTP {status}\).*no such model.*Check"),
    ):
        embedder(server).embed(["a"])


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": f"bad key {KEY}"}},
        {"error": f"bad key {KEY}"},
        {"detail": f"{KEY}\0\n\x1b[31m" + "x" * 9000},
    ],
    ids=["nested", "flat", "long and with control characters"],
)
def test_the_key_and_control_characters_are_in_no_message(body):
    with serving(saying(body, status=401)) as server, pytest.raises(Misconfigured) as caught:
        embedder(server).embed(["a"])

    assert KEY not in caught.value.message
    assert caught.value.message.isprintable()
    assert len(caught.value.message) < 600


def test_an_answer_of_html_is_a_wrong_url():
    with (
        serving(lambda handler, request: reply(handler, b"<html>login</html>")) as server,
        pytest.raises(Misconfigured, match="not JSON"),
    ):
        embedder(server).embed(["a"])


def test_the_key_does_not_show_itself():
    with serving(honest) as server:
        assert KEY not in repr(embedder(server))


def test_the_revision_tells_endpoints_and_models_apart_but_not_keys():
    with serving(honest) as server, serving(honest) as other:
        revision = embedder(server).revision

        assert embedder(server, api_key="other").revision == revision
        assert embedder(server, model="other").revision != revision
        assert embedder(other).revision != revision


def test_tokens_are_counted_by_the_given_counter():
    with serving(honest) as server:
        assert embedder(server).count_tokens(["a"]) == [7]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("", None),
        ("soon", None),
        ("nan", None),
        ("0", 0),
        ("-5", 0),
        ("1.2", 2),
        ("1e99", LONGEST_WAIT),
        ("inf", LONGEST_WAIT),
    ],
)
def test_the_time_to_wait_is_read_and_bounded(value, seconds):
    assert retry_after(value) == seconds


def test_the_time_to_wait_may_be_a_date():
    assert math.isclose(retry_after(formatdate(time() + 60, usegmt=True)), 60, abs_tol=2)
