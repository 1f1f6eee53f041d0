import pytest

from system.models import APIToken
from tests.factories import APITokenFactory

pytestmark = pytest.mark.django_db

DIALOG, AGENT = "d" * 32, "a" * 32


def test_the_list_shows_the_living_tokens_of_one_dialog_the_newest_first(web, web_as, issue, listed, owner, stranger):
    first, second, revoked = (issue().json()["data"]["token"] for _ in range(3))
    issue(canvas_id=DIALOG)
    issue(dialog_id="e" * 32)
    issue(web_as(stranger))
    APITokenFactory(tenant=owner.tenant)
    APIToken.objects.matching(revoked).get().revoke()

    assert listed() == [second, first]


def test_rows_have_the_columns_of_tokens(web, issue, owner):
    issue(canvas_id=AGENT)

    (row,) = web.get("/v1/api/token_list", {"canvas_id": AGENT}).json()["data"]

    assert set(row) == {
        *("tenant_id", "token", "dialog_id", "source", "beta"),
        *("create_time", "create_date", "update_time", "update_date"),
    }
    assert (row["tenant_id"], row["dialog_id"], row["source"]) == (owner.pk, AGENT, "agent")
    assert row["create_date"].endswith(" GMT")


def test_the_tenants_own_list_shows_them_too(web, issue):
    value = issue().json()["data"]["token"]

    assert [row["token"] for row in web.get("/v1/system/token_list").json()["data"]] == [value]


def test_a_dialog_has_to_be_named(web):
    answer = web.get("/v1/api/token_list")

    assert answer.status_code == 400
    assert answer.json() == {"code": 100, "message": "<BadRequestKeyError '400: Bad Request'>", "data": None}


@pytest.mark.parametrize("value", ["", "x", "D" * 32, "%", "d" * 5000])
def test_what_is_no_id_is_refused(web, value):
    answer = web.get("/v1/api/token_list", {"dialog_id": value})

    assert (answer.status_code, answer.json()["code"]) == (400, 101)


def test_foreign_and_unknown_dialogs_have_no_tokens(web_as, issue, stranger):
    issue()
    client = web_as(stranger)

    foreign, unknown = (client.get("/v1/api/token_list", {"dialog_id": key}) for key in (DIALOG, "0" * 32))

    assert foreign.json() == {"code": 0, "message": "success", "data": []}
    assert foreign.content == unknown.content


@pytest.mark.parametrize("count", [1, 6])
def test_a_list_takes_a_constant_number_of_queries(web, issue, listed, django_assert_max_num_queries, count):
    for _ in range(count):
        issue()

    with django_assert_max_num_queries(6):
        assert len(listed()) == count
