"""The three answers to wrong credentials, and what comes before and after them (contract A.4, A.5)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.contract.answers import UNKNOWN
from tests.factories import APITokenFactory

pytestmark = pytest.mark.django_db

BAD_TOKEN = {"code": 109, "message": "Authentication error: API key is invalid!", "data": False}
ANSWERS = {
    "missing": (None, {"code": 0, "message": "`Authorization` can't be empty", "data": False}),
    "empty": ("", {"code": 0, "message": "`Authorization` can't be empty", "data": False}),
    "one-word": ("Bearer", {"code": 0, "message": "Please check your authorization format.", "data": False}),
    "no-scheme": ("ragflow-abc", {"code": 0, "message": "Please check your authorization format.", "data": False}),
    "unknown": ("Bearer ragflow-abc", BAD_TOKEN),
}
# One route of each kind, each with an input that would be refused.
ROUTES = [
    ("post", "/datasets"),
    ("get", "/datasets?page=0"),
    ("put", "/datasets/x"),
    ("delete", "/datasets"),
    ("post", f"/datasets/{UNKNOWN}/documents"),
    ("get", f"/datasets/{UNKNOWN}/documents"),
    ("put", f"/datasets/{UNKNOWN}/documents/x"),
    ("get", f"/datasets/{UNKNOWN}/documents/x"),
    ("delete", f"/datasets/{UNKNOWN}/documents"),
    ("post", f"/datasets/{UNKNOWN}/chunks"),
    ("delete", f"/datasets/{UNKNOWN}/chunks"),
    ("post", f"/datasets/{UNKNOWN}/documents/x/chunks"),
    ("get", f"/datasets/{UNKNOWN}/documents/x/chunks"),
    ("put", f"/datasets/{UNKNOWN}/documents/x/chunks/y"),
    ("delete", f"/datasets/{UNKNOWN}/documents/x/chunks"),
    ("post", "/retrieval"),
]


@pytest.mark.parametrize("case", ANSWERS)
@pytest.mark.parametrize(("method", "path"), ROUTES, ids=[f"{method} {path}" for method, path in ROUTES])
def test_credentials_are_judged_before_any_input(anonymous, method, path, case):
    header, expected = ANSWERS[case]
    if header is not None:
        anonymous.credentials(HTTP_AUTHORIZATION=header)

    answer = anonymous.generic(method.upper(), f"/api/v1{path}", "no json", content_type="text/plain")

    assert (answer.status_code, answer.json()) == (401, expected)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "Token", "x"])
def test_the_first_word_may_be_any(anonymous, owner, scheme):
    anonymous.credentials(HTTP_AUTHORIZATION=f"{scheme}  {APITokenFactory(tenant=owner.tenant).value} more")

    assert anonymous.get("/api/v1/datasets").json()["code"] == 0


def test_a_token_that_is_over_is_like_an_unknown_one(anonymous, owner):
    token = APITokenFactory(tenant=owner.tenant, expires_at=timezone.now() - timedelta(seconds=1))
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {token.value}")

    answer = anonymous.get("/api/v1/datasets")

    assert (answer.status_code, answer.json()) == (401, BAD_TOKEN)


def test_the_caller_is_the_tenant_of_the_token(api, owner):
    made = api.post("/api/v1/datasets", {"name": "x"}, format="json").json()["data"]

    assert made["tenant_id"] == made["created_by"] == owner.pk
