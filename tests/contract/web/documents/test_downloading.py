"""GET /v1/document/get/{id}, and the addresses that open it without credentials (contract A.0.3, C.5)."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.files.storage import default_storage

from documents import removal
from system import accounts
from system.rest import signed
from tests.contract.answers import UNKNOWN
from tests.contract.web.documents.shapes import refusal
from tests.factories import DocumentFactory

pytestmark = pytest.mark.django_db

NOT_FOUND = refusal(102, "Document not found!")
NO_SESSION = refusal(401, "<Unauthorized '401: Unauthorized'>")


def url(document):
    return f"/v1/document/get/{document.pk}"


@pytest.fixture
def link(web):
    """Ask for an address of a document; returns it."""

    def link(document, client=None):
        return (client or web).get(f"/v1/document/link/{document.pk}").json()["data"]["url"]

    return link


def test_a_download_is_the_stored_bytes_and_inert(upload, web):
    content = bytes(range(256)) * 1000
    document = upload("Bericht #1 — 文件.txt", content)

    answer = web.get(url(document))

    assert answer.status_code == 200
    assert b"".join(answer.streaming_content) == content
    assert answer["Content-Length"] == str(len(content))
    assert answer["Content-Type"] == "text/plain"
    assert answer["Content-Disposition"] == (
        "attachment; filename*=utf-8''Bericht%20%231%20%E2%80%94%20%E6%96%87%E4%BB%B6.txt"
    )
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["Cache-Control"] == "private"


@pytest.mark.parametrize(
    ("suffix", "content_type", "disposition"),
    [
        ("png", "image/png", "inline"),
        ("jpg", "image/jpeg", "inline"),
        ("JPEG", "image/jpeg", "inline"),
        ("webp", "image/webp", "inline"),
        ("pdf", "application/pdf", "inline"),
        ("svg", "image/svg+xml", "attachment"),
        ("gif", "image/gif", "attachment"),
        ("html", "text/html", "attachment"),
        ("htm", "text/html", "attachment"),
        ("xml", "application/xml", "attachment"),
        ("js", "text/plain", "attachment"),
        ("md", "text/markdown", "attachment"),
        ("csv", "text/csv", "attachment"),
        ("json", "application/json", "attachment"),
        (
            "docx",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "attachment",
        ),
        ("mp3", "audio/mpeg", "attachment"),
        ("dxf", "application/octet-stream", "attachment"),
    ],
)
def test_the_suffix_decides_the_type_and_whether_it_is_shown(upload, web, suffix, content_type, disposition):
    answer = web.get(url(upload(f"a.{suffix}", b"<script>alert(1)</script>")))

    assert (answer["Content-Type"], answer["Content-Disposition"]) == (
        content_type,
        f'{disposition}; filename="a.{suffix}"',
    )
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"


def test_an_empty_file_is_not_downloaded(upload, web):
    answer = web.get(url(upload("empty.txt", "")))

    assert (answer.status_code, answer.json()) == (400, refusal(102, "This file is empty."))


def test_missing_bytes_are_told_with_the_cure(upload, web):
    document = upload()
    default_storage.delete(document.blob.key)

    answer = web.get(url(document))

    assert answer.status_code == 404
    assert "upload the file again" in answer.json()["message"]


@pytest.mark.parametrize("route", ["get", "link"])
@pytest.mark.parametrize("key", [UNKNOWN, "x", "文件"])
def test_an_unknown_document_is_not_found(web, route, key):
    answer = web.get(f"/v1/document/{route}/{key}")

    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


@pytest.mark.parametrize("route", ["get", "link"])
def test_a_foreign_and_a_deleted_document_are_like_unknown_ones(web, document, secret, route):
    removal.remove([document.pk])

    answers = [web.get(f"/v1/document/{route}/{key}") for key in (UNKNOWN, secret.pk, document.pk)]

    assert {(answer.status_code, answer.content) for answer in answers} == {(404, answers[0].content)}


@pytest.mark.parametrize("route", ["get", "link"])
@pytest.mark.parametrize("credentials", [None, "nonsense", "Bearer nonsense"])
def test_nobody_downloads_without_credentials(anonymous, upload, route, credentials):
    if credentials:
        anonymous.credentials(HTTP_AUTHORIZATION=credentials)

    answer = anonymous.get(f"/v1/document/{route}/{upload().pk}")

    assert (answer.status_code, answer.json()) == (401, NO_SESSION)


def test_a_teammate_downloads_from_a_shared_dataset_only(shared, kb, upload, teammate, web_as):
    client = web_as(teammate)

    assert client.get(url(upload(to=shared))).status_code == 200
    assert client.get(url(upload(to=kb))).status_code == 404


def test_an_address_opens_the_document_without_credentials(upload, web, anonymous):
    document = upload()

    data = web.get(f"/v1/document/link/{document.pk}").json()["data"]

    assert data["seconds"] == 600
    assert data["url"].startswith(f"{url(document)}?signature=")
    assert b"".join(anonymous.get(data["url"]).streaming_content) == b"A note about otters."


def test_an_address_opens_nothing_else(upload, link, anonymous):
    document, other = upload(), upload("other.txt")
    signature = parse_qs(urlsplit(link(document)).query)["signature"][0]

    for path in (url(other), f"/v1/document/link/{document.pk}"):
        assert anonymous.get(path, {"signature": signature}).status_code == 401


@pytest.mark.parametrize(
    "spoil",
    [lambda url: url[:-1], lambda url: url + "x", lambda url: url.replace("%3A", "", 1), lambda url: url.split("%")[0]],
    ids=["shorter", "longer", "other-user", "no-signature"],
)
def test_an_address_that_was_touched_opens_nothing(upload, link, anonymous, spoil):
    assert anonymous.get(spoil(link(upload()))).status_code == 401


def test_an_address_ends_with_its_time(upload, link, anonymous, monkeypatch):
    address = link(upload())

    monkeypatch.setattr(signed, "LIFETIME", -1)

    assert anonymous.get(address).status_code == 401


def test_an_address_ends_with_the_session(owner, upload, link, anonymous):
    address = link(upload())

    accounts.open_session(owner)

    assert anonymous.get(address).status_code == 401


def test_an_address_ends_with_the_right(owner, teammate, shared, upload, link, web_as, anonymous):
    address = link(upload(to=shared), client=web_as(teammate))
    before = anonymous.get(address).status_code

    owner.tenant.memberships.get(user=teammate).delete()

    after = anonymous.get(address)
    assert (before, after.status_code, after.json()) == (200, 404, NOT_FOUND)


def test_an_address_of_a_disabled_user_opens_nothing(owner, upload, link, anonymous):
    address = link(upload())

    owner.is_active = False
    owner.save()

    assert anonymous.get(address).status_code == 401


def test_a_document_of_a_deleted_dataset_is_not_there(kb, web):
    document = DocumentFactory(kb=kb)
    web.post("/v1/kb/rm", {"kb_id": kb.pk}, format="json")

    assert web.get(url(document)).json() == NOT_FOUND
