"""Datasets at the web API, and the shapes of its answers."""

import pytest

from knowledgebases.models import Chunk
from system.models import Role
from tests.factories import DocumentFactory, KnowledgebaseFactory, MembershipFactory, UserFactory


@pytest.fixture
def post(web):
    """Post a JSON body; returns the answer's."""

    def post(path, client=None, **body):
        return (client or web).post(f"/v1/kb/{path}", body, format="json").json()

    return post


@pytest.fixture
def put(web):
    """The same with PUT."""

    def put(path, client=None, **body):
        return (client or web).put(f"/v1/kb/{path}", body, format="json").json()

    return put


@pytest.fixture
def get(web):
    """Get the body of an answer."""

    def get(path, client=None, **query):
        return (client or web).get(f"/v1/kb/{path}", query).json()

    return get


@pytest.fixture
def shared(owner):
    """A dataset of the owner that the team sees."""
    return KnowledgebaseFactory(owner=owner, name="shared", team=True)


@pytest.fixture
def admin(owner):
    """Somebody whom the owner made an admin of the tenant."""
    user = UserFactory(nickname="admin")
    MembershipFactory(tenant=owner.tenant, user=user, role=Role.ADMIN)
    return user


@pytest.fixture
def tag():
    """Give a dataset a chunk with tags."""

    def tag(kb, *tags, **weights):
        document = DocumentFactory(kb=kb)
        return Chunk.objects.create(
            id=document.pk, document=document, kb=kb, content="x", tags=list(tags), tag_weights=weights
        )

    return tag
