"""GET /datasets, row by row of the contract (B.1)."""

import json
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.contract.answers import DATASETS, violation
from tests.contract.datasets.violations import OTHER_VERSION
from tests.factories import KnowledgebaseFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("query", "path", "text", "value"),
    [
        ("page=0", "page", "Input should be greater than or equal to 1", "0"),
        ("page=a", "page", "Input should be a valid integer, unable to parse string as an integer", "a"),
        ("page=", "page", "Input should be a valid integer, unable to parse string as an integer", ""),
        ("page_size=0", "page_size", "Input should be greater than or equal to 1", "0"),
        ("page_size=a", "page_size", "Input should be a valid integer, unable to parse string as an integer", "a"),
        ("orderby=name", "orderby", "Input should be 'create_time' or 'update_time'", "name"),
        ("orderby=", "orderby", "Input should be 'create_time' or 'update_time'", ""),
        ("desc=3", "desc", "Input should be a valid boolean, unable to interpret input", "3"),
        ("desc=", "desc", "Input should be a valid boolean, unable to interpret input", ""),
        ("id=", "id", "Invalid UUID1 format", ""),
        ("id=x", "id", "Invalid UUID1 format", "x"),
        (f"id={OTHER_VERSION}", "id", "Invalid UUID1 format", OTHER_VERSION),
        ("unknown=1", "unknown", "Extra inputs are not permitted", "1"),
        ("format=json", "format", "Extra inputs are not permitted", "json"),
    ],
)
def test_the_query_keeps_the_field_rules(api, query, path, text, value):
    response = api.get(f"{DATASETS}?{query}")

    assert response.json() == {"code": 101, "message": violation(path, text, value)}


@pytest.mark.parametrize("value", ["False", "0", "no", "n", "f", "OFF"])
def test_the_order_can_be_turned_round(api, owner, value):
    kbs = KnowledgebaseFactory.create_batch(3, owner=owner)

    assert [row["id"] for row in api.get(DATASETS).json()["data"]] == [kb.pk for kb in reversed(kbs)]
    assert [row["id"] for row in api.get(f"{DATASETS}?desc={value}").json()["data"]] == [kb.pk for kb in kbs]


def test_rows_can_be_ordered_by_their_last_change(api, owner):
    first, second = KnowledgebaseFactory.create_batch(2, owner=owner)
    first.save()

    assert [row["id"] for row in api.get(f"{DATASETS}?orderby=update_time").json()["data"]] == [first.pk, second.pk]


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("page=1&page_size=2", 2),
        ("page=2&page_size=2", 1),
        ("page=3&page_size=2", 0),
        ("page=999999999999999999&page_size=999999999999", 0),
        ("page_size=1000000000000000000000", 3),
    ],
)
def test_pages_are_cut_and_the_total_is_not(api, owner, query, rows):
    KnowledgebaseFactory.create_batch(3, owner=owner)

    body = api.get(f"{DATASETS}?{query}").json()

    assert (len(body["data"]), body["total_datasets"], set(body)) == (rows, 3, {"code", "data", "total_datasets"})


def test_a_dataset_is_found_by_id_and_by_name_whatever_its_case(api, kb, owner):
    KnowledgebaseFactory(owner=owner)

    for query in (f"id={kb.pk}", f"id={uuid.UUID(kb.pk)}", "name=HandBook", f"id={kb.pk}&name=handbook"):
        assert [row["id"] for row in api.get(f"{DATASETS}?{query}").json()["data"]] == [kb.pk]
    assert api.get(f"{DATASETS}?name=").json()["total_datasets"] == 2


def test_id_and_name_of_different_datasets_find_nothing(api, kb, owner):
    KnowledgebaseFactory(owner=owner, name="other")

    body = api.get(f"{DATASETS}?id={kb.pk}&name=other").json()

    assert body == {"code": 0, "data": [], "total_datasets": 0}


def test_unknown_ids_and_names_are_told(api, kb, owner, stranger):
    foreign = KnowledgebaseFactory(owner=stranger, name="secret")

    for query, shown in [
        (f"id={foreign.pk}", foreign.pk),
        ("name=secret", "secret"),
        (f"id={foreign.pk}&name=handbook", foreign.pk),
        (f"id={kb.pk}&name=secret", "secret"),
    ]:
        response = api.get(f"{DATASETS}?{query}")
        assert response.status_code == 403
        assert response.json() == {"code": 108, "message": f"User '{owner.pk}' lacks permission for dataset '{shown}'"}


@pytest.mark.parametrize("count", [1, 30])
def test_a_list_costs_four_queries_however_long_it_is(api, owner, count):
    KnowledgebaseFactory.create_batch(count, owner=owner)
    api.get(DATASETS)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        body = api.get(f"{DATASETS}?page_size=100").json()

    assert len(body["data"]) == count
    assert len(queries) <= 4, json.dumps([query["sql"] for query in queries], indent=1)


def test_a_nul_in_the_address_is_refused(api):
    response = api.get(f"{DATASETS}?name=%00")

    assert response.status_code == 400
    assert response.json()["code"] == 101
