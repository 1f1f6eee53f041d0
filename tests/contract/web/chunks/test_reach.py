"""Who reaches which chunks by which route of the web API (contract A.5, C.6)."""

import pytest

from knowledgebases.models import Chunk
from system.models import Role
from tests.contract.answers import UNKNOWN
from tests.factories import DocumentFactory, KnowledgebaseFactory, MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db

ROUTES = {
    "list": {},
    "create": {"content_with_weight": "mine"},
    "set": {"chunk_id": "canary", "content_with_weight": "mine"},
    "switch": {"chunk_ids": ["canary"], "available_int": 0},
    "rm": {"chunk_ids": ["canary"]},
}


@pytest.fixture
def planted():
    """Make a document with the chunk `canary` in a dataset."""

    def planted(kb):
        document = DocumentFactory(kb=kb)
        Chunk.objects.create(pk="canary", document=document, kb=kb, content="secret canary")
        return document

    return planted


def rows():
    return list(Chunk.objects.values("pk", "content", "available"))


@pytest.mark.parametrize("route", ROUTES)
def test_a_foreign_document_is_like_an_unknown_one(call, foreign, planted, route):
    document = planted(foreign)
    before = rows()

    theirs, unknown = call(route, doc_id=document.pk, **ROUTES[route]), call(route, doc_id=UNKNOWN, **ROUTES[route])

    assert theirs.status_code == unknown.status_code == 404
    assert theirs.content == unknown.content
    assert rows() == before


def test_a_foreign_chunk_is_like_an_unknown_one(web, foreign, planted):
    planted(foreign)

    theirs, unknown = web.get("/v1/chunk/get?chunk_id=canary"), web.get("/v1/chunk/get?chunk_id=nobody")

    assert theirs.status_code == unknown.status_code == 404
    assert theirs.content == unknown.content


@pytest.mark.parametrize("route", ["set", "switch", "rm"])
def test_a_foreign_chunk_named_with_an_own_document_is_like_an_unknown_one(call, document, foreign, planted, route):
    planted(foreign)
    body = {"doc_id": document.pk, **ROUTES[route]}
    before = rows()

    theirs = call(route, **body)
    key = {"chunk_id": "nobody"} if route == "set" else {"chunk_ids": ["nobody"]}
    unknown = call(route, **body | key)

    assert theirs.status_code == unknown.status_code == 404
    assert theirs.content == unknown.content.replace(b"nobody", b"canary")
    assert rows() == before


@pytest.mark.parametrize("route", [*ROUTES, "get"])
@pytest.mark.parametrize(
    ("team", "role", "status"),
    [(True, Role.NORMAL, 200), (True, Role.ADMIN, 200), (False, Role.ADMIN, 404), (True, Role.INVITE, 404)],
    ids=["member", "admin", "me", "invited"],
)
def test_members_work_on_chunks_of_team_datasets_and_on_no_others(
    call, web_as, owner, planted, route, team, role, status
):
    member = UserFactory()
    MembershipFactory(tenant=owner.tenant, user=member, role=role)
    document = planted(KnowledgebaseFactory(owner=owner, team=team))
    client = web_as(member)

    if route == "get":
        answer = client.get("/v1/chunk/get", {"chunk_id": "canary"})
    else:
        answer = call(route, client, doc_id=document.pk, **ROUTES[route])

    assert answer.status_code == status
    assert (b"secret" in answer.content) == (status == 200 and route in {"get", "list"})


@pytest.mark.parametrize("route", [*ROUTES, "get", "retrieval_test"])
def test_credentials_come_first(anonymous, api, route):
    method = "get" if route == "get" else "post"
    refused = {"code": 401, "message": "<Unauthorized '401: Unauthorized'>", "data": None}

    for client in (anonymous, api):  # a token of the REST API opens nothing here
        answer = getattr(client, method)(f"/v1/chunk/{route}")
        assert (answer.status_code, answer.json()) == (401, refused)


@pytest.mark.parametrize("route", ROUTES)
def test_a_deleted_document_is_gone(call, api, document, create, route):
    create("canary")
    api.delete(f"/api/v1/datasets/{document.kb_id}/documents", {"ids": [document.pk]}, format="json")

    assert call(route, doc_id=document.pk, **ROUTES[route]).status_code == 404


@pytest.mark.parametrize("route", [*ROUTES, "retrieval_test"])
def test_other_methods_have_no_route(web, route):
    answer = web.get(f"/v1/chunk/{route}")

    assert (answer.status_code, answer.json()["message"]) == (405, "<MethodNotAllowed '405: Method Not Allowed'>")


def test_the_graph_of_a_document_has_no_route(web):
    assert web.get("/v1/chunk/knowledge_graph", {"doc_id": UNKNOWN}).json() == {
        "code": 100,
        "message": "<NotFound '404: Not Found'>",
        "data": None,
    }
