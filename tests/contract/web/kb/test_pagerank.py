"""The page rank of a dataset, set at either API, takes part in searches (contract B.1, C.4, F.3)."""

import pytest

from tests.factories import KnowledgebaseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def other(owner):
    return KnowledgebaseFactory(owner=owner, name="other")


@pytest.mark.parametrize("surface", ["web", "rest"])
def test_a_ranked_dataset_comes_first_until_it_is_not_ranked_any_more(api, web, upload, publish, kb, other, surface):
    for dataset in (kb, other):
        publish(upload(to=dataset), "Otters swim in rivers.")

    def rank(pagerank):
        client, path = {"web": (web, "/v1/kb"), "rest": (api, "/api/v1/datasets")}[surface]
        assert client.put(f"{path}/{other.pk}", {"pagerank": pagerank}, format="json").json()["code"] == 0

    def similarities():
        body = {"dataset_ids": [kb.pk, other.pk], "question": "Otters swim"}
        hits = api.post("/api/v1/retrieval", body, format="json").json()["data"]["chunks"]
        return {hit["dataset_id"]: hit["similarity"] for hit in hits}

    unranked = similarities()
    rank(100)
    ranked = similarities()
    rank(0)

    assert list(ranked) == [other.pk, kb.pk]
    assert ranked[other.pk] == pytest.approx(unranked[other.pk] + 100)
    assert ranked[kb.pk] == unranked[kb.pk]
    assert similarities() == unranked
