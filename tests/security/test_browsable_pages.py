"""Every route of the API as a page, for people with a session of the console and for those without."""

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from system.rest.views import Edge
from tests.factories import DocumentFactory, KnowledgebaseFactory

pytestmark = pytest.mark.django_db


def routes(patterns, prefix=""):
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern) and issubclass(getattr(pattern.callback, "cls", object), Edge):
            yield path


ROUTES = [route for route in routes(get_resolver().url_patterns) if route.startswith(("api/", "v1/"))]
BARE = {"v1/system/ping", "v1/system/healthz"}  # answers of their own, for probes


@pytest.fixture
def address(owner):
    """Make the address of a route, to rows that are there."""
    document = DocumentFactory(kb=KnowledgebaseFactory(owner=owner))

    def address(route):
        known = {"<str:dataset_id>": document.kb_id, "<str:document_id>": document.pk}
        for name, key in known.items():
            route = route.replace(name, key)
        return "/" + route.replace("<str:chunk_id>", "0" * 32).replace("<str:token>", "none")

    return address


@pytest.mark.parametrize("known", [True, False], ids=["session", "no session"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("route", ROUTES)
def test_every_route_is_a_page(client, console_as, owner, address, route, method, known, redis):
    client = console_as(owner) if known else client
    client.raise_request_exception = False

    answer = client.generic(method, address(route), "{}", content_type="application/json", HTTP_ACCEPT="text/html")

    assert answer.status_code < 500
    assert route in BARE or answer["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    "path", ["/api/v1/retrieval", "/api/v1/datasets", "/api/v1/datasets/{}/documents/{}/chunks", "/api/v1/datasets/{}"]
)
def test_bodies_are_typed_in_as_json(console_as, owner, path):
    document = DocumentFactory(kb=KnowledgebaseFactory(owner=owner))

    page = console_as(owner).get(path.format(document.kb_id, document.pk), HTTP_ACCEPT="text/html").content.decode()

    assert 'data-override="content"' in page
    assert "{}</textarea>" in page.replace("\n", "")
