"""Who reaches which documents by which route (contract A.4, A.5, B.2)."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from documents import removal
from documents.models import Run
from tests.contract.answers import UNKNOWN, failure
from tests.factories import DocumentFactory, KnowledgebaseFactory

pytestmark = pytest.mark.django_db


FILE = {"file": SimpleUploadedFile("a.txt", b"x")}
ROUTES = {
    "upload": ("post", "/documents", FILE, "multipart", """LookupError("Can't find the dataset with ID {kb}!")"""),
    "list": ("get", "/documents", None, None, "You don't own the dataset {kb}. "),
    "delete": ("delete", "/documents", {}, "json", "You don't own the dataset {kb}. "),
    "update": ("put", "/documents/{document}", {}, "json", "You don't own the dataset."),
    "download": ("get", "/documents/{document}", None, None, "You do not own the dataset {kb}."),
    "start": ("post", "/chunks", {"document_ids": ["{document}"]}, "json", "You don't own the dataset {kb}."),
    "stop": ("delete", "/chunks", {"document_ids": ["{document}"]}, "json", "You don't own the dataset {kb}."),
}


def call(client, route, kb_id, document_id):
    method, path, body, kind, _ = ROUTES[route]
    if kind == "json" and "document_ids" in body:
        body = {"document_ids": [document_id]}
    if kind == "multipart":
        body = {"file": SimpleUploadedFile("a.txt", b"x")}
    options = {"format": kind} if kind else {}
    return getattr(client, method)(f"/api/v1/datasets/{kb_id}{path.format(document=document_id)}", body, **options)


@pytest.mark.parametrize("route", ROUTES)
def test_a_foreign_dataset_is_like_an_unknown_one(api, foreign, route):
    document = DocumentFactory(kb=foreign, name="canary.txt")

    theirs = call(api, route, foreign.pk, document.pk)
    unknown = call(api, route, UNKNOWN, document.pk)

    assert theirs.status_code == unknown.status_code == 404
    assert theirs.content == unknown.content.replace(UNKNOWN.encode(), foreign.pk.encode())
    assert theirs.json()["message"] == ROUTES[route][4].format(kb=foreign.pk)
    document.refresh_from_db()
    assert (document.run, document.deleted_at, foreign.refresh().doc_num) == (Run.UNSTART, None, 1)


@pytest.mark.parametrize(
    ("route", "message"),
    [
        ("update", "The dataset doesn't own the document."),
        ("download", "The dataset not own the document {document}."),
        ("start", "Documents not found: ['{document}']"),
        ("stop", "You don't own the document {document}."),
    ],
)
def test_a_document_of_another_dataset_is_like_an_unknown_one(api, kb, foreign, route, message):
    document = DocumentFactory(kb=foreign)

    theirs = call(api, route, kb.pk, document.pk)
    unknown = call(api, route, kb.pk, UNKNOWN)

    assert theirs.status_code == unknown.status_code == 404
    assert theirs.json() == failure(102, message.format(document=document.pk))
    assert theirs.content == unknown.content.replace(UNKNOWN.encode(), document.pk.encode())


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("credentials", [None, "Bearer", "Bearer nonsense"])
def test_credentials_come_before_everything(anonymous, kb, document, route, credentials):
    if credentials:
        anonymous.credentials(HTTP_AUTHORIZATION=credentials)

    answer = call(anonymous, route, UNKNOWN, document.pk)

    assert answer.status_code == 401
    assert answer.json()["data"] is False


@pytest.mark.parametrize(
    ("route", "allowed"),
    [("list", True), ("upload", True), ("start", True), ("delete", True), ("update", False), ("download", False)],
)
def test_a_teammate_reaches_a_team_dataset_but_only_its_owner_changes_and_downloads(
    api_as, owner, teammate, route, allowed
):
    document = DocumentFactory(kb=KnowledgebaseFactory(owner=owner, team=True), size=0)

    answer = call(api_as(teammate), route, document.kb.pk, document.pk)

    assert (answer.status_code == 200) == allowed


def test_a_private_dataset_is_not_there_for_a_teammate(api_as, teammate, kb):
    answer = call(api_as(teammate), "list", kb.pk, UNKNOWN)

    assert answer.json() == failure(102, f"You don't own the dataset {kb.pk}. ")


@pytest.mark.parametrize(("route", "status"), [("list", 200), ("delete", 403), ("upload", 403), ("start", 403)])
def test_a_token_that_may_only_read_writes_nothing(api_as, owner, document, route, status):
    answer = call(api_as(owner, scopes=["read"]), route, document.kb.pk, document.pk)

    assert answer.status_code == status


@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        ("get", "//documents", 405, "<MethodNotAllowed '405: Method Not Allowed'>"),
        ("put", "/{kb}/documents/", 405, "<MethodNotAllowed '405: Method Not Allowed'>"),
        ("post", "//chunks", 405, "<MethodNotAllowed '405: Method Not Allowed'>"),
        ("put", "//documents/x", 404, "<NotFound '404: Not Found'>"),
        ("post", "/{kb}/documents//chunks", 405, "<MethodNotAllowed '405: Method Not Allowed'>"),
        ("get", "/{kb}/documents//chunks", 404, "The dataset not own the document chunks."),
        ("post", "//documents/x/chunks", 404, "<NotFound '404: Not Found'>"),
        ("put", "/{kb}/documents//chunks/c", 404, "<NotFound '404: Not Found'>"),
        ("put", "/{kb}/documents/x/chunks/", 405, "<MethodNotAllowed '405: Method Not Allowed'>"),
    ],
)
def test_paths_with_empty_ids_are_read_as_the_reference_reads_them(api, kb, method, path, status, message):
    answer = getattr(api, method)(f"/api/v1/datasets{path.format(kb=kb.pk)}", {}, format="json")

    assert (answer.status_code, answer.json()["message"]) == (status, message)


def test_a_deleted_document_is_reached_by_no_route(api, kb, document):
    removal.remove([document.pk])

    for route in ("update", "download", "start", "stop"):
        assert call(api, route, kb.pk, document.pk).content == call(api, route, kb.pk, UNKNOWN).content.replace(
            UNKNOWN.encode(), document.pk.encode()
        )
