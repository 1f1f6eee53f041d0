"""The engines, each ready to search what a test has stored."""

import os

import pytest

from knowledgebases.engines.base import Query
from knowledgebases.engines.pgvector import PgvectorEngine
from knowledgebases.lexical.tokenizer import terms
from knowledgebases.models import IndexState, PendingChunk, SearchIndex
from tests.elasticsearch import fetch

WANTED = "RAGSITE_TEST_ELASTICSEARCH"


@pytest.fixture(scope="session")
def elasticsearch_server():
    """A real Elasticsearch, which a test may stop and start again."""
    if not os.environ.get(WANTED):
        pytest.skip("wants an Elasticsearch: `make test-elasticsearch` fetches and starts one")
    if missing := fetch.missing_programs():
        pytest.fail(f"wants an Elasticsearch, and this machine has no {' and no '.join(missing)} to get it with")
    from tests.elasticsearch.server import ElasticsearchServer

    server = ElasticsearchServer()
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture
def elasticsearch(elasticsearch_server, settings, db):
    """The site follows with an index of the test's own, which is thrown away; gives a client."""
    from knowledgebases.engines.elastic import client

    settings.RAG_ELASTICSEARCH_URL = elasticsearch_server.url
    settings.RAG_ENGINE = "elasticsearch"
    settings.RAG_ELASTICSEARCH_INDEX = f"test-{os.environ.get('PYTEST_XDIST_WORKER', 'gw0')}-{os.getpid()}"
    client.wake_up()
    es, mine = client.client(), f"{settings.RAG_ELASTICSEARCH_INDEX}-*"
    yield es
    client.wake_up()
    for name in es.indices.get(index=mine):
        es.indices.delete(index=name)


@pytest.fixture
def follow(elasticsearch):
    """Have the index follow until it knows everything and serves."""
    from knowledgebases.engines.elastic import sync

    def follow():
        for _ in range(5):
            sync.follow()
            served = SearchIndex.objects.filter(state=IndexState.SERVING).first()
            if served and not PendingChunk.objects.filter(index_id=served.pk, trouble="").exists():
                return served
        raise AssertionError(list(SearchIndex.objects.values()))

    return follow


class Following:
    """Elasticsearch's engine with an index that knows everything when it is asked."""

    def __init__(self, follow):
        from knowledgebases.engines.elastic.engine import ElasticsearchEngine

        self._follow, self._engine = follow, ElasticsearchEngine()

    def search(self, query):
        self._follow()
        found = self._engine.search(query)
        assert not found.degraded
        return found


class Lagging(Following):
    """Elasticsearch's engine with an index that has served since before there was anything."""

    def search(self, query):
        found = self._engine.search(query)
        assert not found.degraded
        return found


@pytest.fixture(params=["pgvector", "elasticsearch", "elasticsearch that lags"])
def engine(request, db):
    """Each engine in turn; the contract knows no difference."""
    if request.param == "pgvector":
        return PgvectorEngine()
    follow = request.getfixturevalue("follow")
    follow()
    return Following(follow) if request.param == "elasticsearch" else Lagging(follow)


@pytest.fixture
def ask(engine):
    """Ask some datasets a question in words; more fields of the query as they are wanted."""

    def ask(question, *kbs, **fields):
        asked = {kb.pk: tuple(dict.fromkeys(terms(question, kb.language))) for kb in kbs}
        return engine.search(Query(terms=asked, **fields))

    return ask


@pytest.fixture
def ask_elasticsearch(elasticsearch):
    """Ask Elasticsearch's engine as it is; the texts of its hits. What it says of itself is then in its `said`."""
    from knowledgebases.engines.elastic.engine import ElasticsearchEngine

    def ask_elasticsearch(question, *kbs, **fields):
        asked = {kb.pk: tuple(dict.fromkeys(terms(question, kb.language))) for kb in kbs}
        found = ElasticsearchEngine().search(Query(terms=asked, **fields))
        ask_elasticsearch.said = found.degraded
        return contents(found)

    return ask_elasticsearch


def contents(found):
    """Texts of the hits, sorted."""
    return sorted(hit.content for hit in found.hits)
