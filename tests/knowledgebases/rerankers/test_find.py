"""Which rerank model a name means."""

import pytest

from knowledgebases import rerankers
from knowledgebases.rerankers.http import Style
from system.models import ModelEndpoint, ModelType

pytestmark = pytest.mark.django_db
OTHER = "OpenAI-API-Compatible"


@pytest.fixture
def endpoint(owner):
    def endpoint(name, provider=OTHER, tenant=owner.tenant, kind=ModelType.RERANK):
        return ModelEndpoint.objects.create(
            tenant=tenant, provider=provider, name=name, model_type=kind, base_url="https://acme.example/v1"
        )

    return endpoint


@pytest.mark.parametrize("asked", [f"r1@{OTHER}", "r1"])
def test_a_model_is_found_by_its_name_with_its_provider_or_without(owner, endpoint, asked):
    endpoint("r1")

    assert rerankers.find(owner.pk, asked).model_id == f"r1@{OTHER}"


@pytest.mark.parametrize("asked", ["r2", "r1@Cohere", f"r1@{OTHER}@{OTHER}", "R1", "", "r1@"])
def test_other_names_mean_none(owner, endpoint, asked):
    endpoint("r1")

    assert rerankers.find(owner.pk, asked) is None


def test_a_name_that_two_providers_have_needs_one(owner, endpoint):
    endpoint("r1"), endpoint("r1", "TEI")

    assert rerankers.find(owner.pk, "r1") is None
    assert rerankers.find(owner.pk, "r1@TEI").model_id == "r1@TEI"


def test_models_of_other_kinds_and_tenants_are_none(owner, stranger, endpoint):
    endpoint("e1", kind=ModelType.EMBEDDING)
    endpoint("r1", tenant=stranger.tenant)

    assert rerankers.find(owner.pk, "e1") is None
    assert rerankers.find(owner.pk, "r1") is None


def test_tei_is_asked_in_its_own_style(owner, endpoint):
    endpoint("r1", "TEI"), endpoint("r2")

    assert rerankers.find(owner.pk, "r1")._style is Style.TEI
    assert rerankers.find(owner.pk, "r2")._style is Style.COMMON
