"""GET /v1/kb/detail (contract C.4)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories import DocumentFactory

pytestmark = pytest.mark.django_db

FIELDS = {
    *("id", "embd_id", "avatar", "name", "language", "description", "permission", "doc_num", "token_num"),
    *("chunk_num", "parser_id", "pipeline_id", "pipeline_name", "pipeline_avatar", "parser_config", "pagerank"),
    *("graphrag_task_id", "graphrag_task_finish_at", "raptor_task_id", "raptor_task_finish_at", "mindmap_task_id"),
    *("mindmap_task_finish_at", "create_time", "update_time", "size", "connectors"),
}


def test_a_dataset_is_shown_in_detail(get, kb):
    answer = get("detail", kb_id=kb.pk)

    data = answer["data"]
    assert (answer["code"], answer["message"], set(data)) == (0, "success", FIELDS)
    assert (data["id"], data["name"], data["parser_config"]) == (kb.pk, "handbook", kb.parser_config)
    assert (data["pipeline_name"], data["raptor_task_id"], data["connectors"]) == (None, None, [])
    assert isinstance(data["create_time"], int)


def test_size_and_numbers_are_those_of_the_living_documents(get, kb):
    DocumentFactory(kb=kb, size=2**40, chunk_num=3, token_num=70)
    DocumentFactory(kb=kb, size=5)
    DocumentFactory(kb=kb, size=7, deleted_at=timezone.now())

    data = get("detail", kb_id=kb.pk)["data"]

    assert (data["size"], data["doc_num"], data["chunk_num"], data["token_num"]) == (2**40 + 5, 2, 3, 70)


def test_an_empty_dataset_has_size_0(get, kb):
    assert get("detail", kb_id=kb.pk)["data"]["size"] == 0


def test_without_the_parameter_it_is_a_bad_request(web):
    answer = web.get("/v1/kb/detail")

    assert answer.json() == {"code": 100, "message": "<BadRequestKeyError '400: Bad Request'>", "data": None}
    assert answer.status_code == 400


@pytest.mark.parametrize("kb_id", ["", "x", "0" * 32], ids=["empty", "no id", "unknown"])
def test_a_dataset_that_is_not_there_is_told_as_foreign(get, foreign, kb_id):
    refused = {
        "code": 103,
        "message": "Only owner of knowledgebase authorized for this operation.",
        "data": False,
    }

    assert get("detail", kb_id=kb_id) == get("detail", kb_id=foreign.pk) == refused


def test_members_see_shared_datasets_and_no_others(get, web_as, kb, shared, teammate):
    assert get("detail", web_as(teammate), kb_id=shared.pk)["code"] == 0
    assert get("detail", web_as(teammate), kb_id=kb.pk)["code"] == 103


def test_a_detail_costs_three_queries(web, kb):
    DocumentFactory.create_batch(5, kb=kb)

    with CaptureQueriesContext(connection) as queries:
        web.get("/v1/kb/detail", {"kb_id": kb.pk})

    assert len(queries) <= 3, [query["sql"] for query in queries]
