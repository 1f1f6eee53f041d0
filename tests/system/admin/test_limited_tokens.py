"""Tokens that the console limits to datasets."""

import pytest
from django.urls import reverse
from django.utils import timezone

from system.models import APIToken
from tests.factories import APITokenFactory, KnowledgebaseFactory, MembershipFactory

ADD = "/admin/system/apitoken/add/"


@pytest.fixture
def kb(owner):
    return KnowledgebaseFactory(owner=owner, name="handbook")


@pytest.fixture
def foreign(stranger):
    return KnowledgebaseFactory(owner=stranger, name="secret plans")


@pytest.fixture
def issue(console, owner):
    """Issue a token of the owner's tenant; returns the page that follows."""

    def issue(**fields):
        given = {"name": "ci", "tenant": owner.tenant.pk, "scopes": ["read"], **fields}
        return console.post(ADD, given, follow=True).content.decode()

    return issue


@pytest.fixture
def change(console):
    """Save the page of a token."""

    def change(token, **fields):
        page = reverse("admin:system_apitoken_change", args=[token.pk])
        answer = console.post(page, {"name": "ci", "scopes": ["read"], **fields}, follow=True)
        token.refresh_from_db()
        return answer.content.decode()

    return change


def test_a_token_is_issued_for_the_datasets_that_were_chosen(issue, kb):
    issue(limited="yes", chosen=[kb.pk])

    assert APIToken.objects.get(name="ci").datasets == [kb.pk]


def test_without_a_limit_it_opens_everything(issue):
    issue(limited="", chosen=[])

    assert APIToken.objects.get(name="ci").datasets is None


@pytest.mark.parametrize(
    ("limited", "own", "said"),
    [
        ("yes", False, "needs one at least"),
        ("", True, "have the token open only those"),
    ],
    ids=["a limit to nothing", "a choice without a limit"],
)
def test_what_contradicts_itself_issues_nothing(issue, kb, limited, own, said):
    page = issue(limited=limited, chosen=[kb.pk] if own else [])

    assert said in page
    assert not APIToken.objects.filter(name="ci").exists()


def test_foreign_and_unknown_datasets_are_refused(issue, kb, foreign):
    for one in (foreign.pk, "0" * 32):
        page = issue(limited="yes", chosen=[kb.pk, one])

        assert f"{one} is not one of the available choices" in page
    assert not APIToken.objects.filter(name="ci").exists()


def test_the_choice_is_that_of_the_tenant_chosen(console, owner, stranger, kb, foreign):
    shared = KnowledgebaseFactory(owner=stranger, team=True, name="shared")
    MembershipFactory(tenant=stranger.tenant, user=owner)

    of_owner = console.get(ADD, {"tenant": owner.tenant.pk}).content.decode()
    of_stranger = console.get(ADD, {"tenant": stranger.tenant.pk}).content.decode()

    assert "handbook" in of_owner
    assert shared.pk in of_owner
    assert "secret plans" not in of_owner
    assert "secret plans" in of_stranger
    assert "handbook" not in of_stranger


def test_a_limit_can_be_changed_and_lifted(change, owner, kb):
    other = KnowledgebaseFactory(owner=owner)
    token = APITokenFactory(tenant=owner.tenant, name="ci", datasets=[kb.pk])

    change(token, limited="yes", chosen=[kb.pk, other.pk])
    assert token.datasets == [kb.pk, other.pk]

    change(token, limited="", chosen=[])
    assert token.datasets is None


def test_saving_a_token_whose_datasets_are_gone_does_not_widen_it(change, console, owner, kb):
    token = APITokenFactory(tenant=owner.tenant, name="ci", datasets=[kb.pk])
    kb.deleted_at = timezone.now()
    kb.save()
    page = console.get(reverse("admin:system_apitoken_change", args=[token.pk])).content.decode()

    change(token, limited="yes", chosen=[kb.pk])

    assert f"{kb.pk} (deleted, or out of reach)" in page
    assert token.datasets == [kb.pk]


def test_who_may_only_look_sees_the_limit(console_with, owner, kb):
    token = APITokenFactory(tenant=owner.tenant, datasets=[kb.pk])

    page = console_with("system.view_apitoken").get(reverse("admin:system_apitoken_change", args=[token.pk]))

    assert "handbook" in page.content.decode()


def test_the_list_shows_limits_and_last_uses(console, owner, kb):
    token = APITokenFactory(tenant=owner.tenant, datasets=[kb.pk])
    token.touch("192.0.2.7")

    page = console.get("/admin/system/apitoken/").content.decode()

    assert "1 dataset" in page
    assert "from 192.0.2.7" in page
