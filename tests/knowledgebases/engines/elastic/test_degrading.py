"""Where Elasticsearch cannot be asked, the database answers, and the answer says so. Needs no Elasticsearch."""

import time

import pytest

from knowledgebases.engines.base import Query
from knowledgebases.engines.elastic import client, scope
from knowledgebases.engines.elastic.engine import ElasticsearchEngine
from knowledgebases.models import IndexState, SearchIndex
from knowledgebases.retrieval import retrieve
from tests.factories import DocumentFactory
from tests.knowledgebases.conftest import EAST
from tests.loopback import reply, serving

ANSWERS = {
    "an error": lambda handler, request: reply(
        handler,
        b'{"error": {"type": "circuit_breaking_exception", "reason": "too much"}, "status": 429}',
        status=429,
        headers={"X-Elastic-Product": "Elasticsearch", "Content-Type": "application/json"},
    ),
    "a missing index": lambda handler, request: reply(
        handler,
        b'{"took": 1, "responses": [{"error": {"type": "index_not_found_exception", "reason": "no such index"},'
        b' "status": 404}]}',
        headers={"X-Elastic-Product": "Elasticsearch", "Content-Type": "application/json"},
    ),
    "another product": lambda handler, request: reply(handler, b"<html>hello</html>"),
    "no JSON": lambda handler, request: reply(
        handler, b"{", headers={"X-Elastic-Product": "Elasticsearch", "Content-Type": "application/json"}
    ),
    "no answers": lambda handler, request: reply(
        handler, b"{}", headers={"X-Elastic-Product": "Elasticsearch", "Content-Type": "application/json"}
    ),
    "nonsense": lambda handler, request: reply(
        handler, b'{"responses": [{"hits": 7}]}',
        headers={"X-Elastic-Product": "Elasticsearch", "Content-Type": "application/json"},
    ),
    "ids that are none": lambda handler, request: reply(
        handler, b'{"responses": [{"hits": {"hits": [{"_id": 7}, {"_id": "a\\u0000"}]}}]}',
        headers={"X-Elastic-Product": "Elasticsearch", "Content-Type": "application/json"},
    ),
}  # fmt: skip


@pytest.fixture(autouse=True)
def awake():
    client.wake_up()
    yield
    client.wake_up()


@pytest.fixture
def index(db):
    """An index that serves, as far as the database knows."""
    return SearchIndex.objects.create(name="ragsite-1", revision="1", state=IndexState.SERVING)


def search(kb, space):
    return ElasticsearchEngine().search(Query(terms={kb.pk: ("wind",)}, vector=EAST, space_id=space.pk))


@pytest.mark.parametrize("answer", list(ANSWERS))
def test_what_it_should_not_answer_is_told(settings, kb, document, add, space, index, answer):
    add(document, "east wind")

    with serving(ANSWERS[answer]) as server:
        settings.RAG_ELASTICSEARCH_URL = server.url
        found = search(kb, space)

    assert len(server.requests) == 1
    assert [hit.content for hit in found.hits] == ["east wind"]
    assert found.degraded.startswith("Searched in the database instead: ")
    assert server.endpoint not in found.degraded


def test_nobody_waits_long_for_one_that_is_silent_and_the_next_not_at_all(
    settings, kb, document, add, space, index, monkeypatch
):
    add(document, "east wind")
    monkeypatch.setattr(client, "SEARCH_SECONDS", 0.3)

    with serving(lambda handler, request: time.sleep(1)) as server:
        settings.RAG_ELASTICSEARCH_URL = server.url
        began = time.monotonic()
        answers = [search(kb, space) for _ in range(3)]
        took = time.monotonic() - began

    assert took < 0.9
    assert len(server.requests) == 1
    assert all(len(answer.hits) == 1 and "does not answer" in answer.degraded for answer in answers)


def test_after_a_rest_it_is_asked_again(settings, kb, document, add, space, index, monkeypatch):
    add(document, "east wind")
    monkeypatch.setattr(client, "REST_SECONDS", 0.0)

    with serving(ANSWERS["an error"]) as server:
        settings.RAG_ELASTICSEARCH_URL = server.url
        search(kb, space)
        search(kb, space)

    assert len(server.requests) == 2


@pytest.mark.parametrize("state", [None, IndexState.NEW, IndexState.FILLING], ids=["none", "new", "filling"])
def test_an_index_that_does_not_serve_yet_is_not_asked(settings, kb, document, add, space, state):
    settings.RAG_ELASTICSEARCH_URL = "http://127.0.0.1:9"
    if state:
        SearchIndex.objects.create(name="ragsite-1", revision="1", state=state)
    add(document, "east wind")

    found = search(kb, space)

    assert (len(found.hits), "still being filled" in found.degraded) == (1, True)


def test_an_index_that_lags_far_behind_is_not_asked(settings, kb, document, add, space, index, monkeypatch):
    settings.RAG_ELASTICSEARCH_URL = "http://127.0.0.1:9"
    monkeypatch.setattr(scope, "FEW", 2)
    add(document, "east wind", "north wind")
    assert "does not answer" in search(kb, space).degraded  # these two would have been judged by their rows
    add(DocumentFactory(kb=kb), "wind")

    found = search(kb, space)

    assert "More than 2 passages" in found.degraded
    assert len(found.hits) == 3


def test_an_answer_carries_why_it_is_degraded(settings, kb, document, add, space, index, compass, fresh):
    settings.RAG_ELASTICSEARCH_URL = "http://127.0.0.1:9"
    settings.RAG_ENGINE = "elasticsearch"
    add(document, "east wind")

    answer = retrieve([fresh(kb)], "east", embedder=compass)

    assert len(answer.hits) == 1
    assert "Elasticsearch does not answer" in answer.degraded


def test_nothing_is_asked_where_nothing_can_be_found(settings, kb, document, add, space, index):
    settings.RAG_ELASTICSEARCH_URL = "http://127.0.0.1:9"
    add(document, "apples")

    found = ElasticsearchEngine().search(Query(terms={kb.pk: ("wind",)}))

    assert (list(found.hits), found.degraded) == ([], "")
