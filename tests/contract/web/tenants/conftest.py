"""Tenants and their members at the web API."""

import pytest

from tests.factories import MembershipFactory, UserFactory


@pytest.fixture
def guest(owner):
    """Somebody whom the owner has invited."""
    user = UserFactory(nickname="guest")
    MembershipFactory(tenant=owner.tenant, user=user, invited=True)
    return user


@pytest.fixture
def members(owner):
    """The path of the members of the owner's tenant."""
    return f"/v1/tenant/{owner.pk}/user"


@pytest.fixture
def role_of(owner):
    """The role of a user in the owner's tenant; None for who is not there."""
    return lambda user: user.memberships.filter(tenant=owner.tenant).values_list("role", flat=True).first()
