import json

import pytest

from documents.parsers import json as subject
from system.errors import DocumentFault, FaultCode

RECORDS = [
    {"name": "Ada", "address": {"city": "London", "zip": None}, "tags": ["a", "b"], "ok": True},
    {"name": "Grace", "jobs": [{"at": "Navy"}, {"at": "UNIVAC"}], "text": "two\nlines"},
]
LINES = [
    "name: Ada\naddress.city: London\ntags: a, b\nok: true",
    "name: Grace\njobs[0].at: Navy\njobs[1].at: UNIVAC\ntext: two\nlines",
]


@pytest.mark.parametrize("stream_from", [10**9, 0], ids=["whole", "streamed"])
def test_elements_of_a_list_are_records(parse_bytes, shape, monkeypatch, stream_from):
    monkeypatch.setattr(subject, "STREAM_FROM", stream_from)

    parsed = parse_bytes(json.dumps(RECORDS), "a.json")

    assert shape(parsed) == [("text", 0, lines) for lines in LINES]


@pytest.mark.parametrize("stream_from", [10**9, 0], ids=["whole", "streamed"])
def test_members_of_an_object_are_records(parse_bytes, shape, monkeypatch, stream_from):
    monkeypatch.setattr(subject, "STREAM_FROM", stream_from)
    value = {"version": 1, "kind": "x", "owner": {"name": "Ada"}, "items": [{"a": 1}, {"a": 2.5}], "last": False}

    parsed = parse_bytes(json.dumps(value), "a.json")

    assert [text for _, _, text in shape(parsed)] == [
        "version: 1\nkind: x",
        "owner.name: Ada",
        "items[0].a: 1",
        "items[1].a: 2.5",
        "last: false",
    ]


@pytest.mark.parametrize("name", ["a.jsonl", "a.ldjson", "a.json"])
def test_a_record_a_line(parse_bytes, shape, name):
    source = "\n".join(map(json.dumps, RECORDS))

    assert shape(parse_bytes(source, name)) == [("text", 0, lines) for lines in LINES]


def test_broken_lines_are_left_out_with_a_warning(parse_bytes):
    parsed = parse_bytes('{"a": 1}\n{"a": \n\n{"a": 3}\n', "a.jsonl")

    assert parsed.text == "a: 1\n\na: 3"
    assert parsed.warnings == ("1 lines are not valid JSON and were left out: 2.",)


@pytest.mark.parametrize(
    ("source", "name", "fault"),
    [
        pytest.param('{"a": 1', "a.json", FaultCode.CORRUPT, id="cut off"),
        pytest.param("not json", "a.json", FaultCode.CORRUPT, id="no json"),
        pytest.param("not json\nat all", "a.jsonl", FaultCode.CORRUPT, id="no json lines"),
        pytest.param("[" * 500 + "1" + "]" * 500, "a.json", FaultCode.TOO_LARGE, id="deep"),
        pytest.param("[" * 200_000, "a.json", FaultCode.TOO_LARGE, id="very deep"),
        pytest.param('{"a":' * 100_000, "a.jsonl", FaultCode.CORRUPT, id="deep line"),
    ],
)
@pytest.mark.timeout(20)
def test_bad_json_is_a_coded_fault(parse_bytes, source, name, fault):
    with pytest.raises(DocumentFault) as caught:
        parse_bytes(source, name)

    assert caught.value.fault == fault


def test_depth_is_bounded_in_streams_too(parse_bytes, monkeypatch):
    monkeypatch.setattr(subject, "STREAM_FROM", 0)

    with pytest.raises(DocumentFault) as caught:
        parse_bytes('{"a":' * 100_000, "a.json")

    assert caught.value.fault == FaultCode.TOO_LARGE


def test_lone_surrogates_and_nul_do_not_get_through(parse_bytes):
    parsed = parse_bytes(r'{"a": "x\u0000y"}', "a.json")

    assert parsed.text == "a: xy"
