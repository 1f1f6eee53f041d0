"""Hostile values on every field of the document, chunk and retrieval routes: refused or taken, never a crash."""

import pytest

from documents.models import Document
from knowledgebases.models import Chunk
from tests.factories import DocumentFactory, KnowledgebaseFactory

pytestmark = pytest.mark.django_db

VALUES = [
    *(None, True, False, 0, -1, 10**30, -(10**30), 1.5, 1e308, "", " ", "a", "0", "-1", "nan"),
    *("\ufffe", "\u202e", "a" * 10_000, "'; DROP TABLE rag_document; --", "%", "../../etc/passwd", "{0.__class__}"),
    *([], {}, [[]], [{}], [None], {"a": {"b": 1}}, ["a" * 10_000], [1, "a", None, {}], {"conditions": [{"name": {}}]}),
]
BODIES = {
    "update": ("put", "/documents/{document}", "name meta_fields parser_config chunk_method enabled progress"),
    "delete": ("delete", "/documents", "ids"),
    "start": ("post", "/chunks", "document_ids"),
    "stop": ("delete", "/chunks", "document_ids"),
    "add": ("post", "/documents/{document}/chunks", "content important_keywords questions"),
    "change": (
        "put",
        "/documents/{document}/chunks/{chunk}",
        "content important_keywords questions available positions",
    ),
    "delete-chunks": ("delete", "/documents/{document}/chunks", "chunk_ids"),
    "retrieve": (
        "post",
        "/../../retrieval",
        "dataset_ids question document_ids page page_size similarity_threshold vector_similarity_weight top_k "
        "rerank_id keyword highlight cross_languages metadata_condition use_kg",
    ),
}
QUERIES = {
    "list": ("/documents", "id name keywords suffix run create_time_from create_time_to page page_size orderby desc"),
    "chunks": ("/documents/{document}/chunks", "id keywords page page_size"),
}
SPELLED = ["", "-1", "1e9", "9" * 400, "%", "_", "\\", "'", "\u202e", "a" * 5000, "NaN", "true", "٣"]
RAW = [
    b"",
    b"{",
    b'{"ids": NaN}',
    b'"text"',
    b"[1]",
    b"\xff\xfe",
    b'{"a": "\\u0000"}',
    b'{"a": "\\ud800"}',
    b'{"a": 1e999}',
    b"[" * 100_000,
    b'{"a":' * 100 + b"1" + b"}" * 100,
]


@pytest.fixture
def kb(owner):
    return KnowledgebaseFactory(owner=owner)


@pytest.fixture
def path(kb):
    document = DocumentFactory(kb=kb)
    Chunk.objects.create(pk="c" * 16, document=document, kb=kb, content="otters")

    def path(tail):
        url = f"/api/v1/datasets/{kb.pk}{tail.format(document=document.pk, chunk='c' * 16)}"
        return "/api/v1/retrieval" if "retrieval" in tail else url

    return path


def sane(answer):
    assert answer.status_code < 500, answer.content[:500]
    body = answer.json()
    assert (body["code"] == 0) == (answer.status_code == 200)


@pytest.mark.parametrize("route", BODIES)
def test_no_value_of_a_field_is_a_crash(api, kb, path, route):
    method, tail, fields = BODIES[route]
    for field in fields.split():
        for value in VALUES:
            body = (
                {"dataset_ids": [kb.pk], "question": "otters", field: value} if route == "retrieve" else {field: value}
            )
            sane(getattr(api, method)(path(tail), body, format="json"))
            Document.objects.update(deleted_at=None)


@pytest.mark.parametrize("route", BODIES)
@pytest.mark.parametrize("raw", RAW, ids=range(len(RAW)))
def test_no_body_is_a_crash(api, path, route, raw):
    method, tail, _ = BODIES[route]

    sane(api.generic(method.upper(), path(tail), raw, content_type="application/json"))


@pytest.mark.parametrize("route", QUERIES)
def test_no_query_is_a_crash(api, path, route):
    tail, names = QUERIES[route]
    for name in names.split():
        for value in SPELLED:
            sane(api.get(path(tail), {name: value}))
        sane(api.generic("GET", path(tail), QUERY_STRING=f"{name}=%00"))
        sane(api.generic("GET", path(tail), QUERY_STRING=f"{name}=%ff"))


@pytest.mark.parametrize("part", ["%00", "a" * 5000, "%ff%fe", "'", "..%2f..%2f", "%F0%9F%91%8D"])
def test_no_id_in_a_path_is_a_crash(api, kb, part):
    for tail in (f"/{part}/documents", f"/{kb.pk}/documents/{part}", f"/{kb.pk}/documents/{part}/chunks"):
        answer = api.get(f"/api/v1/datasets{tail}")
        assert answer.status_code in {400, 404}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--b\r\n",
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\ncut off',
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="\x00.txt"\r\n\r\nx\r\n--b--\r\n',
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="\xff\xfe.txt"\r\n\r\nx\r\n--b--\r\n',
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="../../etc/x.txt"\r\n\r\nx\r\n--b--\r\n',
        b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nx\r\n--b--\r\n',
        b'--b\r\nContent-Disposition: form-data; name="parent_path"; filename="p"\r\n\r\nx\r\n'
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nx\r\n--b--\r\n',
        b'--b\r\nContent-Disposition: form-data; name="parent_path"\r\n\r\n\x00\xff/..\r\n'
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nx\r\n--b--\r\n',
    ],
    ids=["empty", "open", "cut", "nul", "not-utf8", "path", "field", "file-as-path", "bytes-as-path"],
)
def test_no_upload_is_a_crash(api, path, body):
    sane(api.generic("POST", path("/documents"), body, content_type="multipart/form-data; boundary=b"))
