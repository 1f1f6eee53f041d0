"""Values that no column can keep, on every field of every route: refused, and never a failure of ours."""

import json

import pytest

pytestmark = pytest.mark.django_db

VALUES = {
    "nul": "a\x00b",
    "surrogate": "\ud800",
    "huge integer": 10**300,
    "negative": -(2**63),
    "beyond a double": None,  # spelled in JSON below
    "deep": None,
    "long": "x" * 200_000,
    "bool": True,
    "null": None,
    "list": [[["a"]]],
    "object": {"$gt": ""},
    "sql": "'; DROP TABLE rag_chunk; --",
    "bidi": "\u202eabc",
    "format": "%s%n{0.__class__}",
}
RAW = {"beyond a double": "1e999", "deep": "[" * 100 + "]" * 100}
FIELDS = ["name", "description", "parser_id", "avatar", "embd_id", "permission", "language", "pagerank",
          "parser_config", "similarity_threshold", "vector_similarity_weight", "connectors", "kb_id"]  # fmt: skip


def body_with(field, kind, base=()):
    rest = json.dumps({**dict(base), field: 0})
    return rest.replace(f'"{field}": 0', f'"{field}": {RAW.get(kind) or json.dumps(VALUES[kind])}')


@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.parametrize("field", FIELDS)
def test_no_field_of_a_dataset_breaks_anything(web, kb, field, kind):
    required = {"kb_id": kb.pk, "name": "renamed", "description": "", "parser_id": "naive"}
    calls = [
        ("POST", "/v1/kb/create", {"name": "x"}),
        ("POST", "/v1/kb/update", required),
        ("PUT", f"/v1/kb/{kb.pk}", {}),
        ("PUT", f"/v1/kb/{kb.pk}/config", {}),
    ]

    for method, path, base in calls:
        answer = web.generic(method, path, body_with(field, kind, base), content_type="application/json")
        assert answer.status_code < 500, (path, answer.json())
        assert set(answer.json()) == {"code", "message", "data"}
    assert web.get("/v1/kb/list").status_code == 200
    assert web.get("/v1/kb/detail", {"kb_id": kb.pk}).status_code == 200


@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.parametrize(
    ("path", "field"),
    [("rm", "kb_id"), ("list", "owner_ids"), ("%s/rm_tags", "tags"), ("%s/rename_tag", "from_tag"),
     ("%s/rename_tag", "to_tag")],
)  # fmt: skip
def test_no_field_of_the_other_routes_does_either(web, kb, path, field, kind):
    base = {"from_tag": "a", "to_tag": "b"}

    raw = body_with(field, kind, base)
    answer = web.generic("POST", f"/v1/kb/{path.replace('%s', kb.pk)}", raw, content_type="application/json")

    assert answer.status_code < 500, answer.json()


@pytest.mark.parametrize("value", ["%00", "%ED%A0%80", "x" * 5000, "%F0%9F%A6%A6", "'--", "-1", "9" * 400, "[]"])
@pytest.mark.parametrize(
    "path",
    ["list?keywords=", "list?parser_id=", "list?page=", "list?page=1&page_size=", "list?orderby=", "list?desc=",
     "detail?kb_id=", "basic_info?kb_id=", "get_meta?kb_ids=", "tags?kb_ids="],
)  # fmt: skip
def test_no_query_parameter_does(web, kb, path, value):
    assert web.get(f"/v1/kb/{path}{value}").status_code < 500
