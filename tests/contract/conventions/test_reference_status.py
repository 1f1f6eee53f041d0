"""RAGSITE_HTTP_STATUS=reference: 200 wherever the reference answers so, the bodies unchanged (contract A.0.1, A.1)."""

import pytest

from documents import queueing
from tests.contract.answers import UNKNOWN
from tests.contract.conftest import named
from tests.factories import DocumentFactory, KnowledgebaseFactory

pytestmark = pytest.mark.django_db

JSON = "application/json"
# Method, path, body, and the status and code that the truth is; `D` is a dataset, `X` a document in it.
ROWS = {
    "no-route": ("get", "/nothing", None, 404, 100),
    "no-method": ("patch", "/datasets", None, 405, 100),
    "content-type": ("post", "/datasets", ("<a/>", "text/xml"), 415, 101),
    "malformed": ("post", "/datasets", ("{", JSON), 400, 101),
    "field-rule": ("post", "/datasets", {"name": 1}, 400, 101),
    "name-bytes": ("post", "/datasets", {"name": "ä" * 65}, 400, 102),
    "model": ("post", "/datasets", {"name": "x", "embedding_model": "a@b"}, 400, 101),
    "name-taken": ("put", "/datasets/D", {"name": "taken"}, 409, 102),
    "not-owned": ("put", "/datasets/aaaaaaaabbbb11cc9ddd000000000000", {"name": "x"}, 403, 108),
    "not-listed": ("get", "/datasets?name=none", None, 403, 108),
    "query": ("get", "/datasets?page=0", None, 400, 101),
    "no-file": ("post", "/datasets/D/documents", None, 400, 101),
    "no-dataset": ("post", f"/datasets/{UNKNOWN}/documents", "file", 404, 100),
    "file-kind": ("post", "/datasets/D/documents", "other", 400, 500),
    "documents": ("get", f"/datasets/{UNKNOWN}/documents", None, 404, 102),
    "orderby": ("get", "/datasets/D/documents?orderby=x", None, 400, 100),
    "download": ("get", "/datasets/D/documents/x", None, 404, 102),
    "empty-file": ("get", "/datasets/D/documents/X", None, 400, 102),
    "document": ("put", "/datasets/D/documents/X", {"chunk_count": 7}, 400, 102),
    "document-name": ("put", "/datasets/D/documents/X", {"name": 7}, 400, 100),
    "unknown-ids": ("delete", "/datasets/D/documents", {"ids": ["x"]}, 404, 102),
    "no-object": ("delete", "/datasets/D/documents", ("[1]", JSON), 400, 100),
    "processed": ("post", "/datasets/D/chunks", {"document_ids": ["RUNNING"]}, 409, 102),
    "stopped": ("delete", "/datasets/D/chunks", {"document_ids": ["X"]}, 409, 102),
    "chunk": ("post", "/datasets/D/documents/X/chunks", {}, 400, 102),
    "unknown-chunk": ("get", "/datasets/D/documents/X/chunks?id=x", None, 404, 404),
    "too-large": ("post", "/datasets/D/documents/X/chunks", {"content": "x" * 100_001}, 413, 101),
    "retrieval": ("post", "/retrieval", {}, 400, 102),
    "top-k": ("post", "/retrieval", {"dataset_ids": ["D"], "question": "x", "top_k": 0}, 400, 100),
}


@pytest.fixture
def call(api, kb, owner):
    """Send a row; returns the answer."""
    document = DocumentFactory(kb=kb, size=0)
    running = DocumentFactory(kb=kb)
    queueing.start([running.pk])
    KnowledgebaseFactory(owner=owner, name="taken")
    ids = {"D": kb.pk, "X": document.pk, "RUNNING": running.pk}

    def call(method, path, body, client=api):
        url = "/api/v1" + "/".join(ids.get(part.partition("?")[0], part.partition("?")[0]) for part in path.split("/"))
        url += path[path.index("?") :] if "?" in path else ""
        if isinstance(body, tuple):
            return client.generic(method.upper(), url, body[0], content_type=body[1])
        if isinstance(body, str):
            return client.post(url, {"file": named("a.txt" if body == "file" else "a.xyz", b"x")})
        filled = {
            key: [ids.get(one, one) for one in value] if isinstance(value, list) else value
            for key, value in (body or {}).items()
        }
        return getattr(client, method)(url, filled, **({} if method == "get" else {"format": "json"}))

    return call


@pytest.mark.parametrize("row", ROWS)
def test_the_status_is_200_and_the_body_is_the_same(call, settings, row):
    method, path, body, status, code = ROWS[row]
    truthful = call(method, path, body)
    settings.RAG_HTTP_STATUS = "reference"

    reference = call(method, path, body)

    assert (truthful.status_code, truthful.json()["code"]) == (status, code)
    assert (reference.status_code, reference.content) == (200, truthful.content)


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer x"], ids=["missing", "one-word", "unknown"])
def test_wrong_credentials_are_told_with_200_too(call, anonymous, settings, header):
    settings.RAG_HTTP_STATUS = "reference"
    if header:
        anonymous.credentials(HTTP_AUTHORIZATION=header)

    answer = call("get", "/datasets", None, client=anonymous)

    assert (answer.status_code, answer.json()["data"]) == (200, False)


def test_a_bug_is_told_with_200_too(api, settings, monkeypatch):
    settings.RAG_HTTP_STATUS = "reference"
    monkeypatch.setattr("knowledgebases.api.datasets.DatasetViewSet._chosen", lambda *_: 1 / 0)

    answer = api.get("/api/v1/datasets")

    assert (answer.status_code, answer.json()["code"], answer.json()["data"]) == (200, 100, None)
    assert "ZeroDivisionError" not in answer.json()["message"]
