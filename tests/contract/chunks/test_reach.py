"""Who reaches which chunks by which route (contract A.5, B.3)."""

import pytest

from knowledgebases.models import Chunk
from tests.contract.answers import UNKNOWN, failure
from tests.factories import DocumentFactory, KnowledgebaseFactory

pytestmark = pytest.mark.django_db


METHODS = {"add": ("post", {"content": "x"}), "list": ("get", {}), "delete": ("delete", {})}


def call(client, route, kb_id, document_id):
    method, body = METHODS[route]
    options = {} if method == "get" else {"format": "json"}
    return getattr(client, method)(f"/api/v1/datasets/{kb_id}/documents/{document_id}/chunks", body, **options)


@pytest.mark.parametrize("route", METHODS)
def test_a_foreign_dataset_is_like_an_unknown_one(api, foreign, route):
    document = DocumentFactory(kb=foreign)
    Chunk.objects.create(pk="canary", document=document, kb=foreign, content="canary")

    theirs, unknown = call(api, route, foreign.pk, document.pk), call(api, route, UNKNOWN, document.pk)

    assert theirs.json() == failure(102, f"You don't own the dataset {foreign.pk}.")
    assert theirs.status_code == unknown.status_code == 404
    assert theirs.content == unknown.content.replace(UNKNOWN.encode(), foreign.pk.encode())
    assert document.chunks.count() == 1


@pytest.mark.parametrize("route", METHODS)
def test_a_document_of_another_dataset_is_like_an_unknown_one(api, kb, foreign, route):
    document = DocumentFactory(kb=foreign)

    theirs, unknown = call(api, route, kb.pk, document.pk), call(api, route, kb.pk, UNKNOWN)

    assert theirs.status_code == unknown.status_code == 404
    assert theirs.content == unknown.content.replace(UNKNOWN.encode(), document.pk.encode())


def test_a_foreign_chunk_is_like_an_unknown_one(api, document, foreign):
    theirs = DocumentFactory(kb=foreign)
    Chunk.objects.create(pk="canary", document=theirs, kb=foreign, content="canary")

    def put(chunk):
        path = f"/api/v1/datasets/{document.kb_id}/documents/{document.pk}/chunks/{chunk}"
        return api.put(path, {"content": "mine"}, format="json")

    assert put("canary").content == put("nobody").content.replace(b"nobody", b"canary")
    assert theirs.chunks.get().content == "canary"


@pytest.mark.parametrize("route", METHODS)
def test_a_teammate_works_on_chunks_of_a_team_dataset(api_as, owner, teammate, route):
    document = DocumentFactory(kb=KnowledgebaseFactory(owner=owner, team=True))

    assert call(api_as(teammate), route, document.kb.pk, document.pk).status_code == 200


@pytest.mark.parametrize("route", METHODS)
def test_credentials_come_first(anonymous, route):
    assert call(anonymous, route, UNKNOWN, "x").status_code == 401


def test_a_chunk_of_a_document_that_is_switched_off_is_not_available(add, api, fetch, document):
    add("chunk")

    api.put(f"/api/v1/datasets/{document.kb_id}/documents/{document.pk}", {"enabled": 0}, format="json")

    assert fetch()["chunks"][0]["available"] is False
