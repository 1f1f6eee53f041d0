"""PUT /v1/kb/{id}/config (contract C.4)."""

import pytest

from knowledgebases import parser_config
from knowledgebases.models import Knowledgebase

pytestmark = pytest.mark.django_db


@pytest.fixture
def configure(put, kb):
    def configure(**config):
        return put(f"{kb.pk}/config", **config)

    return configure


def test_objects_recurse_lists_unite_and_scalars_are_replaced(configure, kb):
    Knowledgebase.objects.filter(pk=kb.pk).update(
        parser_config={"raptor": {"use_raptor": True, "max_token": 9}, "pages": [[1, 5], [7, 9]], "delimiter": "a"}
    )

    answer = configure(raptor={"max_token": 64}, pages=[[7, 9], [1, 100]], delimiter="b", new=None)

    config = {
        "raptor": {"use_raptor": True, "max_token": 64},
        "pages": [[1, 5], [7, 9], [1, 100]],
        "delimiter": "b",
        "new": None,
    }
    assert answer == {"code": 0, "message": "success", "data": config}
    assert Knowledgebase.objects.get(pk=kb.pk).parser_config == config


def test_lists_inside_objects_unite_too(configure):
    entities = configure(graphrag={"entity_types": ["geo", "ship"]})["data"]["graphrag"]["entity_types"]

    assert entities == [*parser_config.ENTITY_TYPES, "ship"]


@pytest.mark.parametrize(
    ("raw", "content_type"),
    [("", "application/json"), ("no json", "application/json"), ("[1]", "application/json"), ("{}", "text/xml")],
    ids=["empty", "no json", "list", "xml"],
)
def test_nothing_to_merge_changes_nothing(web, kb, raw, content_type):
    answer = web.generic("PUT", f"/v1/kb/{kb.pk}/config", raw, content_type=content_type)

    assert answer.json()["data"] == kb.parser_config


def test_a_config_may_come_in_an_object_of_its_own(configure, kb):
    assert configure(parser_config={"delimiter": "b"})["data"] == kb.parser_config | {"delimiter": "b"}
    assert configure(parser_config=5)["message"] == "`parser_config` should be an object, not '5'."


def test_a_config_does_not_grow_without_end(configure, kb):
    assert configure(a="x" * 60_000)["code"] == 0

    refused = configure(b="x" * 60_000)

    assert refused["code"] == 101
    assert refused["message"].startswith("Parser config exceeds size limit (max 65,535 characters). Current size: ")
    assert "b" not in Knowledgebase.objects.get(pk=kb.pk).parser_config


def test_the_column_map_of_a_table_stays(configure, kb):
    Knowledgebase.objects.filter(pk=kb.pk).update(parser_id="table", parser_config={"field_map": {"a": "b"}})

    assert configure(x=1)["data"] == {"field_map": {"a": "b"}, "x": 1}
