"""Every route of the API as a page, for people with a session of the console and for those without."""

import re

import pytest

from tests.factories import DocumentFactory, KnowledgebaseFactory
from tests.urlconf import served

pytestmark = pytest.mark.django_db

ROUTES = sorted({pattern for _, pattern in served()})
BARE = {"v1/system/ping", "v1/system/healthz"}  # answers of their own, for probes
STREAMS = "/events"  # end of addresses whose answers are read as they come


@pytest.fixture
def address(owner):
    """Make the address of a route, to rows that are there."""
    document = DocumentFactory(kb=KnowledgebaseFactory(owner=owner))

    known = {**dict.fromkeys(["dataset_id", "kb_id"], document.kb_id), "document_id": document.pk}

    def address(route):
        return "/" + re.sub(r"<str:(\w+)>", lambda name: known.get(name[1], "none"), route)

    return address


@pytest.mark.parametrize("known", [True, False], ids=["session", "no session"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("route", ROUTES)
def test_every_route_is_a_page(client, console_as, owner, address, route, method, known, redis):
    client = console_as(owner) if known else client
    client.raise_request_exception = False

    answer = client.generic(method, address(route), "{}", content_type="application/json", HTTP_ACCEPT="text/html")

    assert answer.status_code < 500
    streamed = route.endswith(STREAMS) and answer.status_code == 200
    assert route in BARE or streamed or answer["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    "path", ["/api/v1/retrieval", "/api/v1/datasets", "/api/v1/datasets/{}/documents/{}/chunks", "/api/v1/datasets/{}"]
)
def test_bodies_are_typed_in_as_json(console_as, owner, path):
    document = DocumentFactory(kb=KnowledgebaseFactory(owner=owner))

    page = console_as(owner).get(path.format(document.kb_id, document.pk), HTTP_ACCEPT="text/html").content.decode()

    assert 'data-override="content"' in page
    assert "{}</textarea>" in page.replace("\n", "")
