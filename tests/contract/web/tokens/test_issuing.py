import re

import pytest

from system.models import APIToken

pytestmark = pytest.mark.django_db

DIALOG, AGENT = "d" * 32, "a" * 32


@pytest.mark.parametrize(
    ("body", "dialog_id", "source"),
    [
        ({"dialog_id": DIALOG}, DIALOG, "dialog"),
        ({"canvas_id": AGENT}, AGENT, "agent"),
        ({"dialog_id": DIALOG, "canvas_id": AGENT}, AGENT, "agent"),
    ],
    ids=["dialog", "agent", "both"],
)
def test_a_token_is_marked_with_what_it_is_for(issue, owner, body, dialog_id, source):
    answer = issue(**body)

    data = answer.json()["data"]
    assert set(data) == {
        *("tenant_id", "token", "beta", "dialog_id", "source"),
        *("create_time", "create_date", "update_time", "update_date"),
    }
    assert (data["tenant_id"], data["dialog_id"], data["source"]) == (owner.pk, dialog_id, source)
    assert re.fullmatch(r"ragflow-[\w-]{43}", data["token"])
    assert re.fullmatch(r"[\w-]{32}", data["beta"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", data["create_date"])
    assert (data["update_time"], data["update_date"]) == (None, None)


def test_a_token_opens_the_api_of_its_tenant(issue, anonymous):
    value = issue().json()["data"]["token"]

    answer = anonymous.get("/api/v1/datasets", headers={"Authorization": f"Bearer {value}"})

    assert answer.status_code == 200


@pytest.mark.parametrize("raw", ["", "{}", "not json", '["dialog_id"]', '{"name": "x"}'])
def test_a_token_is_for_something(web, raw):
    answer = web.generic("POST", "/v1/api/new_token", raw, content_type="application/json")

    assert answer.json() == {"code": 101, "message": "required argument are missing: dialog_id; ", "data": None}


@pytest.mark.parametrize("key", ["dialog_id", "canvas_id"])
@pytest.mark.parametrize("value", ["", "x", "D" * 32, "d" * 33, "g" * 32, None, 1, ["d" * 32], {}, f"{'d' * 32}\n"])
def test_what_is_no_id_is_refused(issue, key, value):
    answer = issue(**{key: value})

    assert (answer.status_code, answer.json()["code"]) == (400, 101)
    assert answer.json()["message"].startswith(f"`{key}` should be an id")
    assert not APIToken.objects.exists()


def test_a_user_without_tenant_gets_no_token(issue, owner):
    owner.tenant.delete()

    answer = issue()

    assert (answer.status_code, answer.json()["message"]) == (404, "Tenant not found!")
