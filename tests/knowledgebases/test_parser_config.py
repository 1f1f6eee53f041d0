import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledgebases import parser_config
from knowledgebases.models import Method
from system.errors import TooLarge


def spelled(value):
    return json.dumps(value, sort_keys=True)


SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.floats(0, 2) | st.text("ab", max_size=2)
KEYS = st.text("abc", min_size=1, max_size=2)
VALUES = st.recursive(
    SCALARS,
    lambda below: st.lists(below, max_size=4, unique_by=spelled) | st.dictionaries(KEYS, below, max_size=3),
    max_leaves=12,
)
CONFIGS = st.dictionaries(KEYS, VALUES, max_size=4)


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


@given(CONFIGS, CONFIGS, st.booleans())
def test_merging_keeps_every_key_and_leaves_its_arguments_alone(base, over, unite):
    before = json.dumps([base, over])

    merged = parser_config.merge(base, over, unite=unite)

    assert list(merged) == [*base, *(key for key in over if key not in base)]
    assert {key: merged[key] for key in base if key not in over} == {k: v for k, v in base.items() if k not in over}
    assert json.dumps([base, over]) == before


@given(CONFIGS, CONFIGS, st.booleans())
def test_merging_twice_is_merging_once(base, over, unite):
    merged = parser_config.merge(base, over, unite=unite)

    assert json.dumps(parser_config.merge(merged, over, unite=unite)) == json.dumps(merged)


@given(CONFIGS, st.booleans())
def test_merging_with_nothing_is_no_change(config, unite):
    assert parser_config.merge(config, {}, unite=unite) == config
    assert parser_config.merge({}, config, unite=unite) == config


@given(CONFIGS, CONFIGS, CONFIGS)
def test_of_three_lists_it_does_not_matter_which_two_unite_first(first, second, third):
    lists = [{"a": {"x": list(config.values())}} for config in (first, second, third)]
    one, two, three = lists

    from_left = parser_config.merge(parser_config.merge(one, two, unite=True), three, unite=True)
    from_right = parser_config.merge(one, parser_config.merge(two, three, unite=True), unite=True)

    assert json.dumps(from_left) == json.dumps(from_right)


@given(st.lists(VALUES, max_size=6))
def test_a_union_holds_each_member_once_where_it_first_stands(members):
    united = [*map(spelled, parser_config.union(members))]

    assert united == list(dict.fromkeys(map(spelled, members)))


def test_a_union_takes_page_ranges_and_tells_1_from_true():
    assert parser_config.union([[1, 5], [7, 9], [1, 5], {"b": 1, "a": 2}, {"a": 2, "b": 1}, 1, True]) == [
        [1, 5],
        [7, 9],
        {"b": 1, "a": 2},
        1,
        True,
    ]


@pytest.mark.parametrize(
    ("before", "after", "config"),
    [
        ("table", "table", {"a": 1, "field_map": {"x": "y"}}),
        ("naive", "table", {"a": 1, "field_map": {"x": "y"}}),
        ("table", "naive", {"a": 1}),
        ("naive", "qa", {"a": 1}),
    ],
)
def test_the_map_of_columns_belongs_to_tables(before, after, config):
    stored = {"field_map": {"x": "y"}, "b": 2}

    assert parser_config.with_field_map({"a": 1}, stored, before=before, after=after) == config


def test_a_map_that_is_given_takes_the_place_of_the_stored_one():
    config = parser_config.with_field_map({"field_map": 1}, {"field_map": 2}, before="table", after="table")

    assert config == {"field_map": 1}


def test_a_config_has_65535_characters_at_most():
    fits = {"a": "ä" * (65_535 - len('{"a": ""}'))}

    assert parser_config.sized(fits) is fits
    with pytest.raises(TooLarge, match="Current size: 65,536"):
        parser_config.sized({"a": fits["a"] + "x"})
