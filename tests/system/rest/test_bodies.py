import pytest
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from system.errors import ArgumentError
from system.rest import bodies
from system.rest.failures import Unhandled


def request(raw, content_type="application/json"):
    return Request(APIRequestFactory().generic("POST", "/", raw, content_type=content_type))


@pytest.mark.parametrize(
    "raw",
    [b"NaN", b"-Infinity", b"{", b"\xff", b"", b"9" * 5000, b"[" * 200_000],
    ids=["nan", "infinity", "cut", "no utf-8", "empty", "digits", "very deep"],
)
def test_what_is_no_json_is_malformed(raw):
    with pytest.raises(bodies.Malformed):
        bodies.loads(raw)


@pytest.mark.parametrize(
    ("raw", "detail"),
    [
        (b"{", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        (b"NaN", "NaN"),
        (b"[" * 200_000, "nested too deeply"),
    ],
    ids=["cut", "nan", "very deep"],
)
def test_what_is_no_json_is_told_in_detail(raw, detail):
    with pytest.raises(bodies.Malformed) as caught:
        bodies.loads(raw)

    assert caught.value.detail == detail


@pytest.mark.parametrize(
    "raw",
    [b'"\\u0000"', b'{"a\\u0000": 1}', b'["\\udfff"]', b"[1e400]", b"[" * 65 + b"1" + b"]" * 65],
    ids=["nul", "nul in key", "surrogate", "infinite", "deep"],
)
def test_what_no_column_can_keep_is_refused(raw):
    with pytest.raises(ArgumentError) as caught:
        bodies.loads(raw)

    assert not isinstance(caught.value, bodies.Malformed)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b'{"a": ["\\ud83d\\ude00", 1.5, null, true]}', {"a": ["\U0001f600", 1.5, None, True]}),
        (b"[" * 64 + b"1" + b"]" * 64, None),
        (b"\xef\xbb\xbf{}", {}),
    ],
    ids=["pair", "deep enough", "byte order mark"],
)
def test_the_rest_is_taken_as_it_is(raw, value):
    found = bodies.loads(raw)

    assert value is None or found == value


@pytest.mark.parametrize(
    ("raw", "content_type"),
    [
        ("", "application/json"),
        ("not json", "application/json"),
        ('{"a": 1}', "text/plain"),
        ("null", "application/json"),
    ],
)
def test_a_lenient_body_that_is_missing_or_no_json_is_empty(raw, content_type):
    assert bodies.lenient_object(request(raw, content_type)) == {}


@pytest.mark.parametrize(("raw", "name"), [('"not json"', "str"), ("[1]", "list"), ("3", "int")])
def test_a_lenient_body_of_another_kind_meets_the_text_of_the_contract(raw, name):
    with pytest.raises(Unhandled) as caught:
        bodies.lenient_object(request(raw))

    assert caught.value.message == f"""AttributeError("'{name}' object has no attribute 'get'")"""


def test_a_lenient_body_is_not_lenient_with_hostile_values():
    with pytest.raises(ArgumentError, match="NUL"):
        bodies.lenient_object(request('{"ids": ["\\u0000"]}'))


def test_a_web_body_may_be_a_form():
    assert bodies.web_object(request("a=1&b=", "application/x-www-form-urlencoded")) == {"a": "1", "b": ""}


def test_a_web_form_with_nul_is_refused():
    with pytest.raises(ArgumentError, match="NUL"):
        bodies.web_object(request("a=%00", "application/x-www-form-urlencoded"))


def test_a_missing_key_is_told_in_the_words_of_the_contract():
    with pytest.raises(ArgumentError) as caught:
        bodies.require({"b": None}, "a", "b", "c")

    assert caught.value.message == "required argument are missing: a,c; "


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("application/json", True),
        ("application/json; charset=utf-8", True),
        ("APPLICATION/JSON", True),
        ("application/vnd.api+json", True),
        ("application/jsonp", False),
        ("text/json", False),
        (None, False),
        ("", False),
    ],
)
def test_which_content_types_are_json(content_type, expected):
    assert bodies.is_json(content_type) is expected
