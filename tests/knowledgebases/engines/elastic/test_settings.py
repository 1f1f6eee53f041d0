"""What the operator may set, and what the site tells of it."""

import pytest
from django.core.checks import run_checks

from knowledgebases.engines.choice import chosen_engine
from knowledgebases.engines.elastic import lag
from knowledgebases.engines.elastic.engine import ElasticsearchEngine
from knowledgebases.engines.pgvector import PgvectorEngine
from knowledgebases.models import PendingChunk


@pytest.mark.parametrize(
    ("engine", "kind"), [("pgvector", PgvectorEngine), ("elasticsearch", ElasticsearchEngine)], ids=lambda value: value
)
def test_the_engine_is_the_chosen_one(settings, engine, kind):
    settings.RAG_ENGINE = engine

    assert type(chosen_engine()) is kind


@pytest.mark.parametrize(
    ("values", "found"),
    [
        pytest.param({"RAG_ENGINE": "solr"}, {"ragsite.E014"}, id="an engine that is none"),
        pytest.param({"RAG_ENGINE": "elasticsearch"}, {"ragsite.E015"}, id="no address"),
        pytest.param({"RAG_ELASTICSEARCH_URL": "localhost:9200"}, {"ragsite.E016"}, id="no scheme"),
        pytest.param({"RAG_ELASTICSEARCH_URL": "http://localhost"}, {"ragsite.E016"}, id="no port"),
        pytest.param({"RAG_ELASTICSEARCH_INDEX": "My*Index"}, {"ragsite.E017"}, id="a name that is none"),
        pytest.param({"RAG_ELASTICSEARCH_CA": "/nowhere"}, {"ragsite.E018"}, id="no such file"),
        pytest.param({"RAG_ELASTICSEARCH_SHARDS": 0}, {"ragsite.E019"}, id="no shard"),
        pytest.param(
            {"RAG_ENGINE": "elasticsearch", "RAG_ELASTICSEARCH_URL": "https://user:password@search.example:9200"},
            set(),
            id="all is well",
        ),
    ],
)
def test_values_that_cannot_work_stop_the_start(settings, values, found):
    for name, value in values.items():
        setattr(settings, name, value)

    errors = run_checks(tags=["ragsite"])

    assert {error.id for error in errors} == found
    assert not any("password" in error.msg for error in errors)


def test_health_tells_how_far_the_index_is_behind(elasticsearch, follow, document, add):
    index = follow()
    add(document, "apples", "pears")

    told = dict(lag.health())

    assert told.pop("lag_seconds") >= 0
    assert told == {"cluster": "green", "index": index.name, "state": "serving", "pending": 2, "refused": 0}
    follow()
    assert dict(lag.health())["pending"] == 0 == PendingChunk.objects.count()
