import pytest
from rest_framework import serializers

from system.errors import ArgumentError, DataError, TooLarge
from system.rest.failures import Unhandled
from system.rest.refusing import Checked, Text, all_texts, ids, integer, mapping, number, repeated, sequence, texts


def refuse(message):
    def check(value):
        raise DataError(message)

    return check


class Ordered(serializers.Serializer):
    first = Text(refuse("first"))
    second = Text(refuse("second"))
    third = Checked(str, absent=3)


@pytest.mark.parametrize(
    ("data", "message"),
    [({"second": 1, "first": 1}, "first"), ({"second": None}, "second")],
    ids=["declared-order", "null"],
)
def test_the_first_field_that_refuses_speaks(data, message):
    with pytest.raises(DataError, match=message):
        Ordered(data=data).is_valid()


def test_absent_fields_are_left_out_or_checked_as_their_default():
    given = Ordered(data={})

    assert given.is_valid()
    assert given.validated_data == {"third": "3"}


@pytest.mark.parametrize(
    ("value", "found"), [(None, []), (["a", 1, None], ["a", "1", "None"]), ([], [])], ids=["null", "mixed", "empty"]
)
def test_ids_are_texts(value, found):
    assert ids(DataError("no list"))(value) == found


@pytest.mark.parametrize("value", ["abc", 1, {"a": 1}, True])
def test_what_is_no_list_of_ids_is_refused(value):
    with pytest.raises(ArgumentError, match="no list"):
        ids(ArgumentError("no list"))(value)


def test_a_text_that_is_none_is_told_by_its_place():
    with pytest.raises(Unhandled, match="sequence item 1: expected str instance, dict found"):
        texts("no list")(["a", {}])


@pytest.mark.parametrize("value", [None, {}, "x", 1])
@pytest.mark.parametrize("check", [sequence, texts])
def test_what_is_no_list_is_refused(check, value):
    with pytest.raises(DataError, match="no list"):
        check("no list")(value)


def test_the_items_of_a_list_may_be_judged_later():
    assert sequence("no list")([1]) == [1]
    with pytest.raises(Unhandled, match="sequence item 0"):
        all_texts([1])


@pytest.mark.parametrize("value", [None, [], "x", 1])
def test_what_is_no_object_is_refused(value):
    with pytest.raises(DataError, match="no object"):
        mapping("no object")(value)


@pytest.mark.parametrize(("value", "found"), [(None, 7), (3, 3), ("3", 3), (3.9, 3), ("-1", -1)])
def test_integers_may_be_spelled(value, found):
    assert integer("page", 7)(value) == found


@pytest.mark.parametrize("value", ["a", "", [], {}, True, "nan", 1e300, float("inf")])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(ArgumentError, match="`page` should be a number"):
        integer("page", 7)(value)
    with pytest.raises(ArgumentError, match="`weight` should be a number"):
        number("weight", 7)(value)


def test_repeated_ids_are_told_once_each_and_kept_in_order():
    assert repeated(["b", "a", "b", "b", "a", "c"], "chunk") == (
        ["b", "a", "c"],
        ["Duplicate chunk ids: b", "Duplicate chunk ids: a"],
    )


def test_a_request_names_10000_ids_at_most():
    check = ids(ArgumentError("`ids` should be a list"))

    assert len(check(["x"] * 10_000)) == 10_000
    with pytest.raises(TooLarge, match="10,000 ids"):
        check(["x"] * 10_001)
