"""GET /v1/document/thumbnails, GET /v1/document/image/{bucket}-{name} (contract C.5, A.0.3)."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from documents import blobs, removal
from documents.models import BlobState, Document
from knowledgebases.models import Permission
from system import accounts
from tests.contract.answers import UNKNOWN
from tests.factories import DocumentFactory

pytestmark = pytest.mark.django_db

PNG = b"\x89PNG\r\n\x1a\n the picture"
LACK = {"code": 101, "message": 'Lack of "Document ID"', "data": False}
NOT_FOUND = {"code": 102, "message": "Image not found.", "data": None}
NO_SESSION = {"code": 401, "message": "<Unauthorized '401: Unauthorized'>", "data": None}


@pytest.fixture
def pictured():
    """Give a document a thumbnail, as ingestion does."""

    def pictured(document):
        blob = blobs.store(document.kb.tenant, ContentFile(PNG, name="thumbnail.png"))
        document.thumbnail, document.thumbnail_blob = f"thumbnail_{document.pk}.png", blob
        document.save()
        type(blob).objects.filter(pk=blob.pk).mark(BlobState.LIVE)
        return document

    return pictured


@pytest.fixture
def paper(kb, pictured):
    """A document with a thumbnail."""
    return pictured(DocumentFactory(kb=kb, name="paper.pdf", type="pdf", suffix="pdf"))


@pytest.fixture
def address(web):
    """The signed address of a document's thumbnail."""

    def address(document, client=None):
        answer = (client or web).get("/v1/document/thumbnails", {"doc_ids": document.pk})
        return answer.json()["data"][document.pk]

    return address


def plain(document):
    return f"/v1/document/image/{document.kb_id}-thumbnail_{document.pk}.png"


def test_thumbnails_are_addresses_by_document(web, paper, document):
    answer = web.get("/v1/document/thumbnails", {"doc_ids": f"{paper.pk},{document.pk}"})

    found = answer.json()["data"]
    assert (answer.status_code, answer.json()["code"], answer.json()["message"]) == (200, 0, "success")
    assert list(found) == [paper.pk, document.pk]
    assert found[paper.pk].startswith(f"{plain(paper)}?signature=")
    assert found[document.pk] == ""


def test_ids_may_be_repeated_parameters_too(web, paper, document):
    answer = web.get("/v1/document/thumbnails", {"doc_ids": [paper.pk, document.pk, paper.pk]})

    assert list(answer.json()["data"]) == [paper.pk, document.pk]


@pytest.mark.parametrize("query", ["", "?doc_ids=", "?doc_ids=,", "?doc_ids=&doc_ids=", "?ids=1"])
def test_without_an_id_there_is_nothing_to_look_for(web, query):
    answer = web.get(f"/v1/document/thumbnails{query}")

    assert (answer.status_code, answer.json()) == (400, LACK)


def test_documents_out_of_reach_are_left_out(web, paper, secret, pictured):
    pictured(secret)

    theirs = web.get("/v1/document/thumbnails", {"doc_ids": f"{secret.pk},{paper.pk}"})
    unknown = web.get("/v1/document/thumbnails", {"doc_ids": f"{UNKNOWN},{paper.pk}"})

    assert set(theirs.json()["data"]) == set(unknown.json()["data"]) == {paper.pk}


def test_thumbnails_need_a_session(anonymous, paper):
    assert anonymous.get("/v1/document/thumbnails", {"doc_ids": paper.pk}).json() == NO_SESSION


def test_the_number_of_queries_does_not_grow_with_the_documents(web, kb, pictured, django_assert_max_num_queries):
    ids = [pictured(DocumentFactory(kb=kb, name=f"{number}.pdf")).pk for number in range(30)]

    with django_assert_max_num_queries(3):
        web.get("/v1/document/thumbnails", {"doc_ids": ",".join(ids)})


def test_the_picture_is_shown_and_can_do_nothing(web, paper):
    answer = web.get(plain(paper))

    assert (answer.status_code, b"".join(answer)) == (200, PNG)
    assert answer["Content-Type"] == "image/png"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["Cache-Control"] == "private, max-age=600"
    assert answer["Content-Disposition"].startswith("inline")


def test_a_signed_address_needs_no_credentials(anonymous, address, paper):
    answer = anonymous.get(address(paper))

    assert (answer.status_code, b"".join(answer)) == (200, PNG)


def test_without_credentials_there_is_no_picture(anonymous, paper):
    answer = anonymous.get(plain(paper))

    assert (answer.status_code, answer.json()) == (401, NO_SESSION)


def test_a_signature_opens_no_other_picture(anonymous, address, paper, kb, pictured):
    other = pictured(DocumentFactory(kb=kb, name="other.pdf"))

    assert anonymous.get(address(paper).replace(paper.pk, other.pk)).json() == NO_SESSION


def test_a_signature_ends_with_the_session(anonymous, address, paper, owner):
    signed = address(paper)

    accounts.open_session(owner)

    assert anonymous.get(signed).json() == NO_SESSION


def test_a_signature_gives_no_right_that_its_user_has_lost(anonymous, web_as, address, teammate, shared, pictured):
    paper = pictured(DocumentFactory(kb=shared, name="paper.pdf"))
    signed = address(paper, web_as(teammate))
    assert anonymous.get(signed).status_code == 200

    shared.permission = Permission.ME
    shared.save()

    assert anonymous.get(signed).json() == NOT_FOUND


def test_a_foreign_picture_is_like_an_unknown_one(web, secret, pictured, foreign):
    pictured(secret)

    theirs = web.get(plain(secret))
    unknown = web.get(f"/v1/document/image/{foreign.pk}-thumbnail_{UNKNOWN}.png")

    assert (theirs.status_code, theirs.json()) == (404, NOT_FOUND)
    assert theirs.content == unknown.content


@pytest.mark.parametrize("who", ["teammate", "stranger"])
def test_a_private_picture_is_its_owners_alone(request, web_as, paper, who):
    assert web_as(request.getfixturevalue(who)).get(plain(paper)).json() == NOT_FOUND


def test_a_shared_picture_is_the_teams(web_as, teammate, stranger, shared, pictured):
    paper = pictured(DocumentFactory(kb=shared, name="paper.pdf"))

    assert web_as(teammate).get(plain(paper)).status_code == 200
    assert web_as(stranger).get(plain(paper)).json() == NOT_FOUND


@pytest.mark.parametrize(
    "image",
    [
        "nothing",
        "-",
        "{kb}-",
        "{kb}",
        "-thumbnail_{paper}.png",
        "{kb}-{paper}",
        "{kb}-thumbnail_{paper}",
        "{kb}-thumbnail_{paper}.jpg",
        "{kb}-thumbnail_thumbnail_{paper}.png.png",
        "{other}-thumbnail_{paper}.png",
        "{kb}-thumbnail_{document}.png",
        "{kb}-..%2f..%2fetc%2fpasswd",
        "{kb}-%F0%9F%A6%A6",
        "{kb}-" + "x" * 2000,
    ],
    ids=lambda image: image[:40],
)
def test_what_is_no_picture_is_not_found(web, paper, document, image):
    name = image.format(kb=paper.kb_id, paper=paper.pk, document=document.pk, other=UNKNOWN)

    answer = web.get(f"/v1/document/image/{name}")

    assert answer.status_code == 404
    assert answer.json() in (NOT_FOUND, {"code": 100, "message": "<NotFound '404: Not Found'>", "data": None})


def test_the_picture_of_a_deleted_document_is_gone_at_once(anonymous, web, address, paper):
    signed = address(paper)

    removal.remove([paper.pk])

    assert web.get(plain(paper)).json() == NOT_FOUND
    assert anonymous.get(signed).json() == NOT_FOUND


def test_a_picture_whose_bytes_are_lost_is_not_found(web, paper):
    default_storage.delete(Document.objects.get().thumbnail_blob.key)

    assert web.get(plain(paper)).json() == NOT_FOUND


def test_the_list_shows_where_the_picture_is(web, paper):
    row = web.post(f"/v1/document/list?kb_id={paper.kb_id}").json()["data"]["docs"][0]

    assert web.get(row["thumbnail"]).status_code == 200
