"""Who reaches which documents by which route (contract C, C.5)."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.contract.answers import UNKNOWN
from tests.contract.web.documents.shapes import NOAUTH, OWNER103, refusal
from tests.factories import DocumentFactory, MembershipFactory

pytestmark = pytest.mark.django_db

NO_SESSION = refusal(401, "<Unauthorized '401: Unauthorized'>")
LOST = refusal(102, "Can't find this knowledgebase!")
DATASETS = {
    "create": ({"name": "made.txt"}, LOST),
    "filter": ({}, OWNER103),
}
DOCUMENTS = {
    "rename": {"name": "new.txt"},
    "change_parser": {"parser_id": "qa"},
    "set_meta": {"meta": "{}"},
}
LISTS = {"infos": "doc_ids", "rm": "doc_id"}


def upload(client, kb_id):
    body = {"kb_id": kb_id, "file": SimpleUploadedFile("a.txt", b"x")}
    return client.post("/v1/document/upload", body, format="multipart")


def calls(client, kb_id, document_id):
    """Every route but the downloads, as (route, answer)."""
    yield "upload", upload(client, kb_id)
    yield "list", client.post(f"/v1/document/list?kb_id={kb_id}", {}, format="json")
    for route, (body, _) in DATASETS.items():
        yield route, client.post(f"/v1/document/{route}", {"kb_id": kb_id, **body}, format="json")
    for route, body in DOCUMENTS.items():
        yield route, client.post(f"/v1/document/{route}", {"doc_id": document_id, **body}, format="json")
    status = {"doc_ids": [document_id], "status": "0"}
    yield "change_status", client.post("/v1/document/change_status", status, format="json")
    for route, key in LISTS.items():
        yield route, client.post(f"/v1/document/{route}", {key: [document_id]}, format="json")


EXPECTED = {
    "upload": (404, refusal(100, """LookupError("Can't find this knowledgebase!")""")),
    "list": (403, OWNER103),
    "create": (404, LOST),
    "filter": (403, OWNER103),
    **dict.fromkeys([*DOCUMENTS, *LISTS], (403, NOAUTH)),
}


def assert_out_of_reach(client, document):
    before = type(document).objects.filter(kb=document.kb).values()[::1]
    theirs = dict(calls(client, document.kb_id, document.pk))
    unknown = dict(calls(client, UNKNOWN, UNKNOWN))
    for route, answer in theirs.items():
        if route in EXPECTED:
            assert (answer.status_code, answer.json()) == EXPECTED[route], route
        assert answer.content.replace(document.pk.encode(), UNKNOWN.encode()) == unknown[route].content
        assert b"canary" not in answer.content
    assert type(document).objects.filter(kb=document.kb).values()[::1] == before


def test_a_foreign_dataset_is_like_an_unknown_one(web, secret):
    assert_out_of_reach(web, secret)


def test_a_private_dataset_is_not_there_for_a_teammate(web_as, teammate, kb):
    assert_out_of_reach(web_as(teammate), DocumentFactory(kb=kb, name="canary.txt"))


def test_who_is_invited_has_not_joined(web_as, owner, stranger, shared):
    MembershipFactory(tenant=owner.tenant, user=stranger, invited=True)

    assert_out_of_reach(web_as(stranger), DocumentFactory(kb=shared, name="canary.txt"))


def test_who_has_left_is_out(web_as, owner, teammate, shared):
    owner.tenant.memberships.get(user=teammate).delete()

    assert_out_of_reach(web_as(teammate), DocumentFactory(kb=shared, name="canary.txt"))


def test_a_teammate_may_do_everything_in_a_shared_dataset(web_as, teammate, shared):
    document = DocumentFactory(kb=shared, name="old.txt")

    for route, answer in calls(web_as(teammate), shared.pk, document.pk):
        assert (answer.status_code, answer.json()["code"]) == (200, 0), route


def test_credentials_come_before_everything(anonymous):
    for route, answer in calls(anonymous, "", ""):
        assert (answer.status_code, answer.json()) == (401, NO_SESSION), route


def test_a_route_has_one_method(web):
    for route in ("upload", "create", "list", "filter", "infos", "rename", "change_parser", "set_meta", "rm"):
        assert web.get(f"/v1/document/{route}").status_code == 405
