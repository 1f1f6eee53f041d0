import pytest

from system import reach
from system.errors import ArgumentError, NotFound
from system.models import APIToken
from tests.factories import KnowledgebaseFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def kb(owner):
    return KnowledgebaseFactory(owner=owner)


def test_a_token_can_be_limited_to_what_its_tenant_reaches(owner, kb):
    other = KnowledgebaseFactory(owner=owner)

    token, _ = APIToken.issue(owner.tenant, datasets=[kb.pk, other.pk, kb.pk])

    assert token.datasets == [kb.pk, other.pk]


def test_foreign_and_unknown_datasets_are_refused_alike(owner, stranger, kb):
    foreign = KnowledgebaseFactory(owner=stranger).pk

    for one in (foreign, "0" * 32):
        with pytest.raises(NotFound) as caught:
            APIToken.issue(owner.tenant, datasets=[kb.pk, one])
        assert caught.value.message == f"There is no dataset {one} in this tenant's reach."
    assert not APIToken.objects.exists()


def test_a_members_own_dataset_is_out_of_the_tenants_reach(owner, teammate):
    private = KnowledgebaseFactory(owner=owner, created_by=teammate)

    with pytest.raises(NotFound):
        APIToken.issue(owner.tenant, datasets=[private.pk])


def test_a_limit_to_nothing_is_never_taken_for_no_limit(owner):
    with pytest.raises(ArgumentError, match="needs one at least"):
        APIToken.issue(owner.tenant, datasets=[])


def test_a_limit_has_an_end(owner, monkeypatch):
    monkeypatch.setattr(reach, "DATASETS", 2)

    with pytest.raises(ArgumentError, match="limited to 2 datasets; these are 3"):
        APIToken.issue(owner.tenant, datasets=["a", "b", "c"])


def test_what_a_limit_names_already_may_stay_when_it_is_gone(owner, kb):
    token, _ = APIToken.issue(owner.tenant, datasets=[kb.pk])
    gone = kb.pk
    kb.delete()

    token.limit([gone])

    assert token.datasets == [gone]


def test_a_site_without_datasets_offers_none(monkeypatch):
    monkeypatch.setattr(reach, "_reach", reach._reach)
    reach.register(lambda tenant: {})

    assert reach.datasets_of(UserFactory().tenant) == {}
