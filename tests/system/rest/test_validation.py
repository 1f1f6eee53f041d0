import pytest

from system.errors import ArgumentError
from system.rest.validation import (
    StrictBoolean,
    StrictInteger,
    StrictList,
    StrictNumber,
    StrictSerializer,
    StrictString,
    validated,
)


class Inner(StrictSerializer):
    called = "InnerConfig"

    depth = StrictInteger(default=3)


class Outer(StrictSerializer):
    called = "OuterConfig"

    name = StrictString()
    weight = StrictNumber(min_value=0, max_value=1, required=False)
    flag = StrictBoolean(default=False)
    words = StrictList(child=StrictString(), required=False)
    inner = Inner(required=False)


def lines(**data):
    with pytest.raises(ArgumentError) as caught:
        validated(Outer, data)
    return caught.value.message.split("\n")


def test_values_are_trimmed_and_completed():
    assert validated(Outer, {"name": " x ", "inner": {}}) == {"name": "x", "flag": False, "inner": {"depth": 3}}


def test_a_partial_value_holds_only_what_was_sent():
    assert validated(Outer, {"inner": {}}, partial=True) == {"inner": {}}


def test_an_integer_is_a_number_and_stays_one():
    weight = validated(Outer, {"name": "x", "weight": 1})["weight"]

    assert isinstance(weight, int)


def test_long_values_are_cut_after_125_characters():
    assert lines(name=["x" * 121])[0].endswith("- Value: <" + str(["x" * 121]) + ">")
    assert lines(name=["x" * 125])[0].endswith("- Value: <" + str(["x" * 125])[:125] + "...>")


def test_an_absent_field_shows_the_object_it_is_missing_from():
    assert lines(flag=True) == ["Field: <name> - Message: <Field required> - Value: <{'flag': True}>"]


def test_a_key_named_like_the_frameworks_own_is_an_unknown_key():
    assert lines(name="x", non_field_errors=1) == [
        "Field: <non_field_errors> - Message: <Extra inputs are not permitted> - Value: <1>"
    ]


def test_paths_are_dotted_with_the_index_of_items():
    assert lines(name="x", words=["a", 1], inner={"depth": "3", "more": {}}) == [
        "Field: <words.1> - Message: <Input should be a valid string> - Value: <1>",
        "Field: <inner.depth> - Message: <Input should be a valid integer> - Value: <3>",
        "Field: <inner.more> - Message: <Extra inputs are not permitted> - Value: <{}>",
    ]


def test_something_else_than_an_object_is_named():
    text = "Input should be a valid dictionary or instance of InnerConfig"

    assert lines(name="x", inner=[1]) == [f"Field: <inner> - Message: <{text}> - Value: <[1]>"]
