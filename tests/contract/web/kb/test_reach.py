"""Who reaches which route of datasets: the cast of owner, teammate, admin and stranger (contract C.4)."""

import pytest

from knowledgebases.models import Knowledgebase
from tests.contract.answers import UNKNOWN

pytestmark = pytest.mark.django_db

CHANGE = {"name": "mine", "description": "mine", "parser_id": "qa"}
# Route, method, body; `%s` is the dataset.
READS = [
    ("detail?kb_id=%s", "get", None),
    ("basic_info?kb_id=%s", "get", None),
    ("get_meta?kb_ids=%s", "get", None),
    ("%s/tags", "get", None),
    ("tags?kb_ids=%s", "get", None),
    ("%s/knowledge_graph", "get", None),
]
EDITS = [
    ("update", "post", {"kb_id": "%s", **CHANGE}),
    ("%s", "put", CHANGE),
    ("%s/config", "put", {"delimiter": "x"}),
    ("%s/rm_tags", "post", {"tags": ["x"]}),
    ("%s/rename_tag", "post", {"from_tag": "x", "to_tag": "y"}),
    ("%s/knowledge_graph", "delete", None),
]
DELETES = [("rm", "post", {"kb_id": "%s"}), ("%s", "delete", None)]
OWNER103 = {"code": 103, "message": "Only owner of knowledgebase authorized for this operation.", "data": False}
NOAUTH = {"code": 109, "message": "No authorization.", "data": False}


def named(route):
    return f"{route[1]} {route[0]}"


def call(client, route, key):
    path, method, body = route
    sent = {name: key if value == "%s" else value for name, value in (body or {}).items()}
    return getattr(client, method)(f"/v1/kb/{path.replace('%s', key)}", sent if body else None, format="json")


def refusal(route):
    return OWNER103 if route[0].startswith("detail") else NOAUTH


@pytest.mark.parametrize("route", [*READS, *EDITS, *DELETES], ids=named)
def test_foreign_and_unknown_datasets_are_answered_alike(web, foreign, route):
    answers = [call(web, route, key) for key in (foreign.pk, UNKNOWN)]

    assert answers[0].content == answers[1].content
    assert answers[0].json() == refusal(route)
    assert {answer.status_code for answer in answers} == {403}
    foreign.refresh_from_db()
    assert (foreign.name, foreign.deleted_at) == ("secret", None)


@pytest.mark.parametrize("route", [*READS, *EDITS, *DELETES], ids=named)
def test_a_private_dataset_is_out_of_the_teams_reach(web_as, kb, teammate, admin, route):
    for user in (teammate, admin):
        assert call(web_as(user), route, kb.pk).json() == refusal(route)


@pytest.mark.parametrize("route", READS, ids=named)
def test_a_shared_dataset_is_read_by_the_team(web_as, shared, teammate, admin, stranger, route):
    for user in (teammate, admin):
        assert call(web_as(user), route, shared.pk).json()["code"] == 0
    assert call(web_as(stranger), route, shared.pk).json() == refusal(route)


@pytest.mark.parametrize("route", EDITS, ids=named)
def test_a_shared_dataset_is_edited_by_admins(web_as, shared, teammate, admin, owner, route):
    assert call(web_as(teammate), route, shared.pk).json() == NOAUTH
    for user in (admin, owner):
        assert call(web_as(user), route, shared.pk).json()["code"] == 0


@pytest.mark.parametrize("route", DELETES, ids=named)
def test_a_shared_dataset_is_deleted_by_who_made_it(web_as, shared, teammate, admin, owner, route):
    for user in (teammate, admin):
        assert call(web_as(user), route, shared.pk).json() == NOAUTH
    assert call(web_as(owner), route, shared.pk).json()["data"] is True
    assert not Knowledgebase.objects.live().filter(pk=shared.pk).exists()


@pytest.mark.parametrize(
    "route",
    [*READS, *EDITS, *DELETES, ("list", "get", None), ("list", "post", None), ("create", "post", {"name": "x"})],
    ids=named,
)
def test_nobody_comes_in_without_a_session(anonymous, api, kb, route):
    for client in (anonymous, api):
        answer = call(client, route, kb.pk)
        assert answer.json() == {"code": 401, "message": "<Unauthorized '401: Unauthorized'>", "data": None}
        assert answer.status_code == 401


@pytest.mark.parametrize(
    ("path", "method"),
    [("create", "get"), ("update", "put"), ("rm", "delete"), ("list", "put"), ("detail", "post"), ("tags", "post"),
     ("basic_info", "delete"), ("get_meta", "post"), ("x", "get"), ("x", "post"), ("x/config", "get"),
     ("x/rm_tags", "get"), ("x/knowledge_graph", "post")],
)  # fmt: skip
def test_other_methods_have_no_handler(web, anonymous, path, method):
    for client in (web, anonymous):
        answer = getattr(client, method)(f"/v1/kb/{path}")
        assert answer.json() == {"code": 100, "message": "<MethodNotAllowed '405: Method Not Allowed'>", "data": None}
        assert answer.status_code == 405
