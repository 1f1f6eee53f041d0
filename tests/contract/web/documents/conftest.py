"""What the tests of the web API's document routes share."""

import pytest

from tests.contract.conftest import named
from tests.factories import DocumentFactory, KnowledgebaseFactory


@pytest.fixture
def ask(web):
    """Call a document route with a JSON body, as the owner unless somebody else is given."""

    def ask(route, client=None, **body):
        return (client or web).post(f"/v1/document/{route}", body, format="json")

    return ask


@pytest.fixture
def send(web, kb):
    """Upload files given as names, or pairs of name and content, in one request."""

    def send(*files, kb_id=None, client=None, **fields):
        pairs = [(file, b"content") if isinstance(file, str) else file for file in files]
        parts = [named(name, content) for name, content in pairs]
        body = {"kb_id": kb.pk if kb_id is None else kb_id, "file": parts, **fields}
        return (client or web).post("/v1/document/upload", body, format="multipart")

    return send


@pytest.fixture
def document(kb):
    return DocumentFactory(kb=kb, name="report.txt")


@pytest.fixture
def secret(foreign):
    """A document of a stranger."""
    return DocumentFactory(kb=foreign, name="canary.txt")


@pytest.fixture
def shared(owner):
    """A dataset that the owner's team sees."""
    return KnowledgebaseFactory(owner=owner, team=True, name="shared")
