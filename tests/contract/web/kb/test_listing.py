"""POST and GET /v1/kb/list (contract C.4)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from knowledgebases.models import Permission
from system.models import Membership, Role
from tests.factories import KnowledgebaseFactory, MembershipFactory

pytestmark = pytest.mark.django_db

FIELDS = {
    *("id", "avatar", "name", "language", "description", "tenant_id", "permission", "doc_num", "token_num"),
    *("chunk_num", "parser_id", "embd_id", "nickname", "tenant_avatar", "update_time"),
}


@pytest.fixture(params=["post", "get"])
def names(request, web):
    """Names of the datasets that a list shows, by either method."""

    def names(client=None, **query):
        client = client or web
        answer = client.get("/v1/kb/list", query) if request.param == "get" else _posted(client, query)
        return [row["name"] for row in answer.json()["data"]["kbs"]]

    return names


def _posted(client, query, **body):
    return client.post("/v1/kb/list", body, format="json", query_params=query)


@pytest.fixture
def five(owner):
    """kb_0, the oldest, to kb_4."""
    return [KnowledgebaseFactory(owner=owner, name=f"kb_{number}") for number in range(5)]


def test_rows_have_exactly_the_fields_that_clients_know(get, kb, owner):
    owner.avatar = "data:image/png;base64,iVBO"
    owner.save()

    answer = get("list")

    assert (answer["code"], answer["message"], set(answer["data"])) == (0, "success", {"kbs", "total"})
    row = answer["data"]["kbs"][0]
    assert set(row) == FIELDS
    assert (row["id"], row["name"], row["tenant_id"], row["nickname"]) == (kb.pk, "handbook", owner.pk, "owner")
    assert (row["tenant_avatar"], row["doc_num"], row["parser_id"]) == (owner.avatar, 0, "naive")
    assert isinstance(row["update_time"], int)


def test_everything_is_listed_the_newest_first(names, five):
    assert names() == ["kb_4", "kb_3", "kb_2", "kb_1", "kb_0"]


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"page": 1, "page_size": 2}, ["kb_4", "kb_3"]),
        ({"page": 3, "page_size": 2}, ["kb_0"]),
        ({"page": 9, "page_size": 2}, []),
        ({"page": 2}, ["kb_4", "kb_3", "kb_2", "kb_1", "kb_0"]),
        ({"page_size": 2}, ["kb_4", "kb_3", "kb_2", "kb_1", "kb_0"]),
        ({"page_size": 1000}, ["kb_4", "kb_3", "kb_2", "kb_1", "kb_0"]),
        ({"page": 0, "page_size": 2}, ["kb_4", "kb_3", "kb_2", "kb_1", "kb_0"]),
        ({"page": 1, "page_size": 0}, ["kb_4", "kb_3", "kb_2", "kb_1", "kb_0"]),
        ({"page": "", "page_size": "2"}, ["kb_4", "kb_3", "kb_2", "kb_1", "kb_0"]),
        ({"page": 10**30, "page_size": 10**30}, []),
        ({"orderby": "name"}, ["kb_4", "kb_3", "kb_2", "kb_1", "kb_0"]),
        ({"orderby": "name", "desc": "false"}, ["kb_0", "kb_1", "kb_2", "kb_3", "kb_4"]),
        ({"desc": "False"}, ["kb_0", "kb_1", "kb_2", "kb_3", "kb_4"]),
        ({"desc": "True"}, ["kb_4", "kb_3", "kb_2", "kb_1", "kb_0"]),
        ({"desc": ""}, ["kb_4", "kb_3", "kb_2", "kb_1", "kb_0"]),
        ({"keywords": "KB_3"}, ["kb_3"]),
        ({"keywords": "%"}, []),
        ({"keywords": "b_"}, ["kb_4", "kb_3", "kb_2", "kb_1", "kb_0"]),
        ({"keywords": "unknown"}, []),
        ({"keywords": ""}, ["kb_4", "kb_3", "kb_2", "kb_1", "kb_0"]),
        ({"parser_id": "naive"}, ["kb_4", "kb_3", "kb_2", "kb_1", "kb_0"]),
        ({"parser_id": "qa"}, []),
        ({"whatever": "x"}, ["kb_4", "kb_3", "kb_2", "kb_1", "kb_0"]),
    ],
    ids=str,
)
def test_the_query_chooses_rows_and_their_order(names, five, query, shown):
    assert names(**query) == shown


def test_the_total_is_counted_before_paging(get, five):
    assert get("list", page=2, page_size=2)["data"]["total"] == 5
    assert get("list", keywords="kb_3")["data"]["total"] == 1


def test_rows_can_be_ordered_by_their_last_change(names, five):
    five[1].save()

    assert names(orderby="update_time")[0] == "kb_1"


@pytest.mark.parametrize("column", ["unknown", "tenant__owner__password", "-name", "created_at"])
def test_an_unknown_column_to_order_by_is_an_exception(get, kb, column):
    answer = get("list", orderby=column)

    assert (answer["code"], answer["data"]) == (100, None)
    assert repr(column) in answer["message"]


def test_a_page_that_is_no_number_is_an_exception(get, kb):
    message = """ValueError("invalid literal for int() with base 10: 'x'")"""

    assert get("list", page="x", page_size=2) == {"code": 100, "message": message, "data": None}


def test_shared_datasets_of_joined_tenants_are_listed_and_private_ones_are_not(names, web_as, kb, shared, teammate):
    own = KnowledgebaseFactory(owner=teammate, name="own")

    assert names(web_as(teammate)) == [own.name, shared.name]


@pytest.mark.parametrize(
    ("role", "listed"), [(Role.INVITE, []), (Role.NORMAL, ["shared"]), (Role.ADMIN, ["shared"])], ids=str
)
def test_who_is_only_invited_sees_nothing_yet(names, web_as, shared, stranger, role, listed):
    MembershipFactory(tenant=shared.tenant, user=stranger, role=role)

    assert names(web_as(stranger)) == listed


def test_who_has_left_sees_nothing_any_more(names, web_as, shared, teammate):
    Membership.objects.filter(tenant=shared.tenant, user=teammate).delete()

    assert names(web_as(teammate)) == []


def test_owners_narrow_the_list_to_their_tenants(post, web_as, shared, teammate, owner):
    KnowledgebaseFactory(owner=owner, name="private")
    KnowledgebaseFactory(owner=teammate, name="own")

    def names(*owner_ids):
        return [row["name"] for row in post("list", web_as(teammate), owner_ids=list(owner_ids))["data"]["kbs"]]

    assert names(owner.pk) == ["shared"]
    assert names(teammate.pk) == ["own"]
    assert names(owner.pk, teammate.pk) == names() == ["own", "shared"]
    assert names("unknown") == []


def test_owners_are_paged_like_the_rest(web, five, owner):
    answer = _posted(web, {"page": 2, "page_size": 2}, owner_ids=[owner.pk]).json()["data"]

    assert ([row["name"] for row in answer["kbs"]], answer["total"]) == (["kb_2", "kb_1"], 5)


@pytest.mark.parametrize("owner_ids", ["x", 1, {}, True], ids=repr)
def test_owners_are_a_list(post, owner_ids):
    message = "`owner_ids` should be a list of tenant ids."

    assert post("list", owner_ids=owner_ids) == {"code": 101, "message": message, "data": None}


@pytest.mark.parametrize("count", [1, 30])
def test_a_list_costs_three_queries_however_long_it_is(web, owner, count):
    KnowledgebaseFactory.create_batch(count, owner=owner, permission=Permission.TEAM)

    with CaptureQueriesContext(connection) as queries:
        rows = web.get("/v1/kb/list").json()["data"]["kbs"]

    assert len(rows) == count
    assert len(queries) <= 3, [query["sql"] for query in queries]
