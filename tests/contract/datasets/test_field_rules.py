"""Fields of new and changed datasets, rule by rule of the contract (A.8, B.1)."""

import pytest

from tests.contract.answers import DATASETS, violation
from tests.contract.datasets.violations import ALL_VIOLATIONS

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("body", "path", "text", "value"), ALL_VIOLATIONS, ids=[str(row[0])[:60] for row in ALL_VIOLATIONS]
)
def test_a_new_dataset_keeps_the_field_rules(create, body, path, text, value):
    response = create(**body)

    assert response.json() == {"code": 101, "message": violation(path, text, value)}
    assert response.status_code == 400


@pytest.mark.parametrize(
    ("body", "path", "text", "value"), ALL_VIOLATIONS, ids=[str(row[0])[:60] for row in ALL_VIOLATIONS]
)
def test_changes_keep_the_field_rules(change, body, path, text, value):
    response = change(**body)

    assert response.json() == {"code": 101, "message": violation(path, text, value)}


def test_every_violation_has_its_line_in_the_order_of_the_fields(create):
    response = create(extra=[], parser_config={"raptor": {"y": 1}, "auto_keywords": "a"}, name=1)

    assert response.json()["message"].split("\n") == [
        violation("name", "Input should be a valid string", "1"),
        violation("parser_config.auto_keywords", "Input should be a valid integer", "a"),
        violation("parser_config.raptor.y", "Extra inputs are not permitted", "1"),
        violation("extra", "Extra inputs are not permitted", "[]"),
    ]


def test_a_missing_field_shows_the_whole_object(api):
    response = api.post(DATASETS, {"description": "x"}, format="json")

    assert response.json()["message"] == violation("name", "Field required", "{'description': 'x'}")


def test_a_config_that_is_too_long_is_refused(create):
    response = create(parser_config={"delimiter": "a" * 65_535})

    message = response.json()["message"]
    assert "<parser_config> - Message: <Parser config exceeds size limit (max 65,535 characters). Current" in message


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-1, "Input should be greater than or equal to 0"),
        (101, "Input should be less than or equal to 100"),
        ("1", "Input should be a valid integer"),
        (None, "Input should be a valid integer"),
    ],
)
def test_pagerank_is_between_0_and_100(change, value, text):
    assert change(pagerank=value).json() == {"code": 101, "message": violation("pagerank", text, value)}


def test_each_wrong_item_has_its_line(create):
    response = create(parser_config={"pages": [[1, "x"], "y", [None]], "tag_kb_ids": [1, "a", 2]})

    assert response.json()["message"].split("\n") == [
        violation("parser_config.tag_kb_ids.0", "Input should be a valid string", "1"),
        violation("parser_config.tag_kb_ids.2", "Input should be a valid string", "2"),
        violation("parser_config.pages.0.1", "Input should be a valid integer", "x"),
        violation("parser_config.pages.1", "Input should be a valid list", "y"),
        violation("parser_config.pages.2.0", "Input should be a valid integer", "None"),
    ]


@pytest.mark.parametrize(
    ("length", "shown"),
    [(129, "a" * 125 + "..."), (128, "a" * 128), (126, "a" * 126)],
    ids=["129", "128", "126"],
)
def test_a_value_of_more_than_128_characters_is_cut_to_125(create, length, shown):
    response = create(permission="a" * length)

    assert response.json()["message"] == violation("permission", "Input should be 'me' or 'team'", shown)


@pytest.mark.parametrize(
    ("raw", "value"),
    [("true", "True"), ("1.50", "1.5"), ('{"a": [null]}', "{'a': [None]}"), ("[]", "[]")],
    ids=["boolean", "number", "object", "list"],
)
def test_a_value_is_shown_as_python_prints_it(api, raw, value):
    response = api.generic("POST", DATASETS, f'{{"name": {raw}}}', content_type="application/json")

    assert response.json()["message"] == violation("name", "Input should be a valid string", value)


def test_violations_of_a_change_and_of_its_path_are_told_together(api):
    response = api.put(f"{DATASETS}/x", {"name": 1, "extra": 2}, format="json")

    assert response.json()["message"].split("\n") == [
        violation("name", "Input should be a valid string", "1"),
        violation("dataset_id", "Invalid UUID1 format", "x"),
        violation("extra", "Extra inputs are not permitted", "2"),
    ]


def test_what_no_rule_forbids_is_kept(create):
    config = {
        "auto_questions": 10,
        "chunk_token_num": 2048,
        "html4excel": True,
        "layout_recognize": "",
        "tag_kb_ids": ["", "a"],
        "topn_tags": 10,
        "filename_embd_weight": None,
        "task_page_size": None,
        "pages": None,
        "raptor": {
            "use_raptor": True,
            "prompt": "p",
            "max_token": 2048,
            "threshold": 1,
            "max_cluster": 1024,
            "random_seed": 0,
        },
        "graphrag": {
            "use_graphrag": True,
            "entity_types": [],
            "method": "general",
            "community": True,
            "resolution": True,
        },
    }

    stored = create(parser_config=config).json()["data"]["parser_config"]

    assert stored == {"auto_keywords": 0, "delimiter": "\\n"} | config


def test_a_prompt_is_trimmed_and_a_delimiter_is_not(create):
    stored = create(parser_config={"raptor": {"prompt": " p "}, "delimiter": " \n"}).json()["data"]["parser_config"]

    assert (stored["raptor"]["prompt"], stored["delimiter"]) == ("p", " \n")
