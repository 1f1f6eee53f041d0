"""What searches leave in the metrics of the site."""

import pytest
from prometheus_client import REGISTRY

from knowledgebases.retrieval import Options, retrieve
from system.errors import Unavailable
from tests.knowledgebases.conftest import Compass


class Silent(Compass):
    """A remote model that does not answer."""

    def embed_query(self, text):
        raise Unavailable("model `compass` does not answer")


class Down:
    """A search engine that does not answer."""

    def search(self, query):
        raise Unavailable("The search took too long.")


@pytest.fixture
def search(kb, document, add, fresh, compass):
    add(document, "east wind blows")

    def search(**given):
        return retrieve([fresh(kb)], "east", Options(threshold=0.1), **{"embedder": compass, **given})

    return search


@pytest.fixture
def counted():
    """Tell what was counted since the test began."""
    begun = figures()

    def counted():
        return {key: value - begun.get(key, 0) for key, value in figures().items() if value != begun.get(key, 0)}

    return counted


def figures():
    families = [family for family in REGISTRY.collect() if family.name.startswith("ragsite_search")]
    named = [(family.name, sample) for family in families for sample in family.samples]
    return {
        (name.removeprefix("ragsite_"), *sample.labels.values()): sample.value
        for name, sample in named
        if sample.name.endswith(("_total", "_count"))
    }


def times(*stages):
    return {("search_duration_seconds", stage): 1 for stage in stages}


def test_a_search_is_counted_with_the_seconds_of_its_stages(search, counted):
    search()

    assert counted() == {("searches", "full"): 1, **times("embedding", "search", "fusion", "total")}


def test_an_answer_that_is_less_is_counted_by_what_failed(search, counted):
    search(embedder=Silent())

    told = counted()
    assert (told["searches", "degraded"], told["searches_degraded", "embedding"]) == (1, 1)
    assert ("searches", "full") not in told


def test_a_search_that_fails_is_counted(search, counted):
    with pytest.raises(Unavailable):
        search(engine=Down())

    assert counted() == {("searches", "failed"): 1, **times("embedding", "search", "total")}


def test_a_search_of_an_evaluation_is_not(search, counted):
    assert search(counted=False).hits

    assert counted() == {}
