"""Threshold and weight of a dataset hold for requests that leave them out (those of the contract, unless changed)."""

import pytest

from knowledgebases.models import Knowledgebase
from tests.factories import KnowledgebaseFactory

pytestmark = pytest.mark.django_db
GIVEN = {"similarity_threshold": 0.9, "vector_similarity_weight": 0.8}


@pytest.fixture
def basis(ask, kb, five):
    def basis(*others, **body):
        asked = {"dataset_ids": [kb.pk, *(other.pk for other in others)], "question": "chunk", "explain": True, **body}
        told = ask(**asked).json()["data"]["explain"]
        return {name: told[name] for name in GIVEN}

    return basis


def test_the_values_of_the_contract_hold_until_a_dataset_has_others(basis, kb):
    before = basis()
    Knowledgebase.objects.filter(pk=kb.pk).update(**GIVEN)

    assert before == {"similarity_threshold": 0.2, "vector_similarity_weight": 0.3}
    assert basis() == GIVEN
    assert basis(similarity_threshold=None, vector_similarity_weight=None) == GIVEN


def test_what_a_request_says_goes_before(basis, kb):
    Knowledgebase.objects.filter(pk=kb.pk).update(**GIVEN)
    said = {"similarity_threshold": 0.0, "vector_similarity_weight": 0.0}

    assert basis(**said) == said


def test_where_datasets_differ_the_contract_decides(basis, kb, owner):
    other = KnowledgebaseFactory(owner=owner, similarity_threshold=0.9)
    Knowledgebase.objects.filter(pk=kb.pk).update(**GIVEN)

    assert basis(other) == {"similarity_threshold": 0.9, "vector_similarity_weight": 0.3}


def test_the_web_api_has_a_threshold_of_its_own(web, kb, five):
    Knowledgebase.objects.filter(pk=kb.pk).update(similarity_threshold=1, vector_similarity_weight=1)
    body = {"kb_id": kb.pk, "question": "chunk"}

    hits = web.post("/v1/chunk/retrieval_test", body, format="json").json()["data"]["chunks"]

    assert len(hits) == 4
    assert all(hit["similarity"] == pytest.approx(hit["vector_similarity"]) for hit in hits)


def test_the_values_are_set_by_the_web_api(web, kb, basis):
    body = {"kb_id": kb.pk, "name": kb.name, "description": "", "parser_id": "naive", **GIVEN}

    assert web.post("/v1/kb/update", body, format="json").json()["code"] == 0
    assert basis() == GIVEN
