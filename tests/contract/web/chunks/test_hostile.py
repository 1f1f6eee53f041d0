"""Values that nobody should send, on every field of every route of chunks: refused or harmless, never a 5xx."""

import json

import pytest

from knowledgebases.models import Chunk

pytestmark = pytest.mark.django_db

FIELDS = {
    "list": ["doc_id", "page", "size", "keywords", "available_int"],
    "create": ["doc_id", "content_with_weight", "important_kwd", "question_kwd", "tag_feas"],
    "set": [
        *("doc_id", "chunk_id", "content_with_weight", "important_kwd", "question_kwd", "tag_kwd", "tag_feas"),
        "available_int",
    ],
    "switch": ["chunk_ids", "available_int", "doc_id"],
    "rm": ["chunk_ids", "doc_id"],
    "retrieval_test": [
        *("kb_id", "question", "page", "size", "doc_ids", "similarity_threshold", "vector_similarity_weight", "top_k"),
        *("highlight", "rerank_id", "keyword", "cross_languages", "use_kg", "search_id"),
    ],
}
HOSTILE = {
    "null": "null",
    "true": "true",
    "negative": "-1",
    "huge": "1" + "0" * 400,
    "huge-float": "1e308",
    "infinite": "1e999",
    "nan": "NaN",
    "empty": '""',
    "nul": '"a\\u0000b"',
    "surrogate": '"\\ud800"',
    "sql": '"\'; DROP TABLE rag_chunk; --"',
    "query-syntax": '"a & | ! <-> (:* \\\\"',
    "bidi": '"\\u202egnp.exe"',
    "long": json.dumps("x" * 100_001),
    "list": "[]",
    "mixed-list": '[null, 1, "a", {}, []]',
    "nul-in-list": '["a\\u0000b"]',
    "object": '{"a": {"b": [1]}}',
    "nul-key": '{"\\u0000": 1}',
    "deep": "[" * 70 + "]" * 70,
}


@pytest.fixture
def sound(document, create, kb):
    """For each route a body that is right."""
    key = create("otter")
    chunk = {"doc_id": document.pk, "content_with_weight": "otter"}
    return {
        "list": {"doc_id": document.pk},
        "create": chunk,
        "set": {**chunk, "chunk_id": key},
        "switch": {"doc_id": document.pk, "chunk_ids": [key], "available_int": 1},
        "rm": {"doc_id": document.pk, "chunk_ids": ["x"]},
        "retrieval_test": {"kb_id": kb.pk, "question": "otter"},
    }


@pytest.mark.parametrize(("route", "field"), [(route, field) for route, fields in FIELDS.items() for field in fields])
def test_no_value_breaks_a_route(web, sound, route, field):
    statuses = {}
    for name, raw in HOSTILE.items():
        if (field, name) == ("chunk_ids", "list") and route == "rm":  # deletes all, as it should
            continue
        body = {key: value for key, value in sound[route].items() if key != field}
        sent = json.dumps(body)[:-1] + (", " if body else "") + f"{json.dumps(field)}: {raw}}}"
        answer = web.post(f"/v1/chunk/{route}", sent, content_type="application/json")
        statuses[name] = answer.status_code
        assert set(answer.json()) == {"code", "message", "data"}

    assert set(statuses.values()) <= {200, 400, 403, 404, 413}, statuses
    assert all(statuses[name] == 400 for name in ("nul", "surrogate", "nul-in-list", "nul-key", "infinite", "deep"))
    assert Chunk.objects.exists()


@pytest.mark.parametrize("key", ["%00", "%ED%A0%80", "'%20OR%201=1", "%F0%9F%91%8D"], ids=str)
def test_no_key_breaks_reading(web, key):
    assert web.get(f"/v1/chunk/get?chunk_id={key}").status_code in {400, 404}


@pytest.mark.parametrize("route", FIELDS)
@pytest.mark.parametrize("sent", [b"", b"{", b"[1]", b'"text"', b"\xff\xfe", b"null"], ids=str)
def test_no_body_breaks_a_route(web, route, sent):
    answer = web.post(f"/v1/chunk/{route}", sent, content_type="application/json")

    assert answer.status_code == 400
    assert answer.json()["message"].startswith("required argument are missing: ")
