"""Values that no column can keep, on every field of the routes about people: refused, and never a failure of ours."""

import json

import pytest

from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db

VALUES = {
    "nul": '"a\\u0000b"',
    "surrogate": '"\\ud800"',
    "huge integer": "1" + "0" * 300,
    "beyond a double": "1e999",
    "not a number": "NaN",
    "deep": "[" * 100 + "]" * 100,
    "long": json.dumps("x" * 200_000),
    "bool": "true",
    "null": "null",
    "list": '[[["a"]]]',
    "object": '{"$gt": ""}',
    "SQL": json.dumps("'; DROP TABLE rag_user; --"),
    "bidi": json.dumps("\u202eabc"),
    "format": '"%s%n{0.__class__}"',
}
_MODELS = {"llm_id": "", "asr_id": "", "img2txt_id": "", "embd_id": ""}
CALLS = [
    ("user/register", {"nickname": "n", "email": "n@example.org", "password": PASSWORD}),
    ("user/login", {"email": "n@example.org", "password": PASSWORD}),
    ("user/setting", dict.fromkeys(["nickname", "avatar", "language", "color_schema", "timezone"], "x")),
    ("user/setting", {"password": PASSWORD, "new_password": PASSWORD}),
    ("user/setting", {"other": 1, "id": "x", "email": "x"}),
    ("user/set_tenant_info", {"tenant_id": "own", **_MODELS, "rerank_id": "", "tts_id": "", "name": "x"}),
    ("user/set_tenant_info", {"tenant_id": "own", **_MODELS, "parser_ids": "x", "credit": 1, "other": 1}),
    ("tenant/own/user", {"email": "n@example.org"}),
    ("api/new_token", {"dialog_id": "d" * 32, "canvas_id": "a" * 32}),
    ("api/rm", {"tokens": [], "tenant_id": "own"}),
    ("llm/set_api_key", {"llm_factory": "ZHIPU-AI", "api_key": "k", "base_url": "https://example.org"}),
]


@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.parametrize(
    ("path", "body", "field"),
    [(path, body, field) for path, body in CALLS for field in body],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_no_field_breaks_anything(web, owner, path, body, field, kind):
    raw = json.dumps({**body, field: "HERE"}).replace('"own"', f'"{owner.pk}"').replace('"HERE"', VALUES[kind])

    answer = web.generic("POST", f"/v1/{path.replace('own', owner.pk)}", raw, content_type="application/json")

    assert answer.status_code < 500
    assert set(answer.json()) == {"code", "message", "data"}
    assert web.get("/v1/user/info").status_code in {200, 401}
    assert web.get("/v1/user/tenant_info").status_code in {200, 401}


PATHS = ["%00", "%ED%A0%80", "%25s", "'; --", "x" * 5000, "\u202e", "..", "%2e%2e", "-1", "null"]


@pytest.mark.parametrize("text", PATHS, ids=lambda text: text[:12])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "tenant/{}/user/list"),
        ("POST", "tenant/{}/user"),
        ("PUT", "tenant/agree/{}"),
        ("DELETE", "tenant/{}/user/{}"),
        ("GET", "api/token_list?dialog_id={}"),
        ("GET", "api/token_list?canvas_id={}"),
        ("GET", "api/stats?from_date={}"),
        ("GET", "api/stats?to_date={}"),
    ],
)
def test_no_address_breaks_anything(web, method, path, text):
    answer = web.generic(method, f"/v1/{path.format(text, text)}", '{"email": "x"}', content_type="application/json")

    assert 400 <= answer.status_code < 500
    assert set(answer.json()) == {"code", "message", "data"}
