from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from system.models import APIToken, Scope, User
from tests.factories import KnowledgebaseFactory

pytestmark = pytest.mark.django_db


def issue(*args, **options):
    out = StringIO()
    call_command("issue_token", *args, stdout=out, **options)
    return out.getvalue().strip()


def test_the_printed_value_opens_the_tenant_of_the_user(owner):
    value = issue(owner.email.upper(), "--name", "backup")

    token = APIToken.objects.matching(value).get()
    assert (token.tenant, token.name, token.created_by) == (owner.tenant, "backup", owner)
    assert token.expires_at is None


def test_scope_and_life_can_be_bounded(owner):
    issue(owner.email, "--scope", "read", "--days", "3")

    token = APIToken.objects.get()
    assert token.scopes == [Scope.READ]
    assert (token.expires_at - token.created_at).days in {2, 3}


def test_a_user_without_tenant_is_given_one(db):
    user = User.objects.create_superuser("root@example.org", "correct horse", nickname="Root")

    value = issue(user.email)

    assert APIToken.objects.matching(value).get().tenant.owner == user


def test_a_token_can_be_limited_to_datasets(owner):
    kb = KnowledgebaseFactory(owner=owner)

    issue(owner.email, "--dataset", kb.pk)

    assert APIToken.objects.get().datasets == [kb.pk]


def test_a_foreign_dataset_is_refused(owner, stranger):
    with pytest.raises(CommandError, match="There is no dataset"):
        issue(owner.email, "--dataset", KnowledgebaseFactory(owner=stranger).pk)


def test_a_life_that_is_over_is_refused(owner):
    with pytest.raises(CommandError, match="--days is at least 1"):
        issue(owner.email, "--days", "0")


def test_an_unknown_user_is_told(db):
    with pytest.raises(CommandError, match=r"no active user nobody@example\.org"):
        issue("nobody@example.org")
