import pytest

from knowledgebases import parser_config
from knowledgebases.models import Method


def test_the_default_of_naive_is_the_one_that_clients_compare():
    assert parser_config.default("naive") == {
        "layout_recognize": "DeepDOC",
        "chunk_token_num": 512,
        "delimiter": "\n",
        "auto_keywords": 0,
        "auto_questions": 0,
        "html4excel": False,
        "topn_tags": 3,
        "raptor": {
            "use_raptor": True,
            "prompt": "Please summarize the following paragraphs. Be careful with the numbers, do not make things up. "
            "Paragraphs as following:\n      {cluster_content}\nThe above is the content you need to summarize.",
            "max_token": 256,
            "threshold": 0.1,
            "max_cluster": 64,
            "random_seed": 0,
        },
        "graphrag": {
            "use_graphrag": True,
            "entity_types": ["organization", "person", "geo", "event", "category"],
            "method": "light",
        },
    }


@pytest.mark.parametrize("method", ["qa", "manual", "paper", "book", "laws", "presentation"])
def test_methods_with_structure_switch_both_extras_off(method):
    assert parser_config.default(method) == {"raptor": {"use_raptor": False}, "graphrag": {"use_graphrag": False}}


@pytest.mark.parametrize("method", ["tag", "resume", "table", "one", "email", "picture", "audio"])
def test_the_other_methods_have_no_config(method):
    assert parser_config.default(method) == {}


def test_the_knowledge_graph_has_large_chunks():
    assert parser_config.default(Method.KNOWLEDGE_GRAPH)["chunk_token_num"] == 8192
    assert parser_config.default(Method.KNOWLEDGE_GRAPH)["delimiter"] == "\\n"


def test_a_default_is_a_copy_of_its_own():
    parser_config.default("naive")["raptor"]["use_raptor"] = "changed"

    assert parser_config.default("naive")["raptor"]["use_raptor"] is True


@pytest.mark.parametrize(
    ("base", "over", "merged"),
    [
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": {"x": 1, "y": 2}}, {"a": {"y": 3}}, {"a": {"x": 1, "y": 3}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": {"x": 1}}, {"a": None}, {"a": None}),
        ({"a": 1}, {"a": {"x": 1}}, {"a": {"x": 1}}),
    ],
    ids=["keys", "nested", "list", "null over object", "object over value"],
)
def test_objects_merge_and_everything_else_replaces(base, over, merged):
    before = repr(base)

    assert parser_config.merge(base, over) == merged
    assert repr(base) == before


@pytest.mark.parametrize(
    ("given", "new_method", "expected"),
    [
        ({"b": 2}, None, {"a": 1, "b": 2}),
        ({"b": 2}, "qa", {"a": 1, "b": 2}),
        ({}, None, {"a": 1}),
        (None, "one", {}),
        ({}, "qa", parser_config.default("qa")),
    ],
    ids=["config", "config and method", "nothing", "method without config", "method"],
)
def test_an_update_merges_or_takes_the_default_of_a_new_method(given, new_method, expected):
    assert parser_config.changed({"a": 1}, given, new_method=new_method) == expected
