import json

import pytest

from documents.parsers.base import Block, BlockKind, Line, Parsed, Picture, Window
from documents.parsers.wire import (
    MAX_CURSOR,
    WireError,
    as_content,
    as_parsed,
    as_picture,
    as_window,
    content_of,
    message,
    picture_content,
    window_content,
)

PARSED = Parsed(
    "Head\n\na | b\n1 | 2",
    (
        Block(BlockKind.HEADING, 0, 4, level=1, page=1, lines=(Line(0, 4, 1, 10.5, 20.0, 30.0, 41.25),)),
        Block(BlockKind.TABLE, 6, 17, rows=((6, 11), (12, 17)), header_rows=1),
    ),
    pages=2,
    title="Head",
    metadata={"author": "Ada"},
    warnings=("something was left out",),
)


def content(**changes):
    return {**content_of(message(as_content(PARSED))[8:]), **changes}


def test_document_survives_the_wire():
    assert as_parsed(content()) == PARSED


@pytest.mark.parametrize(
    "changes",
    [
        {"text": "short"},
        {"text": None},
        {"text": "Head\0" + PARSED.text},
        {"pages": -1},
        {"pages": 1.5},
        {"pages": True},
        {"metadata": []},
        {"metadata": {"a": 1}},
        {"warnings": [1]},
        {"blocks": {}, "title": 3},
        {"blocks": [["text", 0, 4]]},
        {"blocks": [["poem", 0, 4, 0, [], 0, 0, []]]},
        {"blocks": [["text", 4, 2, 0, [], 0, 0, []]]},
        {"blocks": [["text", 0, 4, 0, [], 0, 0, []], ["text", 3, 6, 0, [], 0, 0, []]]},
        {"blocks": [["table", 0, 4, 0, [[0, 9]], 0, 0, []]]},
        {"blocks": [["text", 0, 4, 0, [], 0, 0, [[0, 4, 1, "x", 0, 0, 0]]]]},
        {"blocks": [["text", 0, 4, 0, [], 0, 0, [[0, 5, 1, 0, 0, 0, 0]]]]},
    ],
    ids=str,
)
def test_content_no_parser_sends_is_refused(changes):
    with pytest.raises(WireError):
        as_parsed(content(**changes))


@pytest.mark.parametrize("body", [b"", b"hello", b"[]", b'{"a": NaN}', b'{"a": "\xff"}'], ids=repr)
def test_bytes_that_are_no_message_are_refused(body):
    with pytest.raises(WireError):
        content_of(body)


@pytest.mark.parametrize("picture", [Picture(2, 1, bytes(range(6))), None])
def test_picture_survives_the_wire(picture):
    sent = message({"picture": picture_content(picture)})

    assert as_picture(content_of(sent[8:])["picture"], side=2) == picture


@pytest.mark.parametrize(
    "changes",
    [
        {"width": 3},
        {"width": 0, "pixels": ""},
        {"height": -1},
        {"height": 1.0},
        {"width": True},
        {"pixels": "AAAA"},
        {"pixels": "not base64!!"},
        {"pixels": "ä"},
        {"pixels": None},
        {"pixels": 7},
    ],
)
def test_what_is_no_picture_is_refused(changes):
    with pytest.raises(WireError):
        as_picture({**picture_content(Picture(2, 2, bytes(12))), **changes}, side=2)


@pytest.mark.parametrize("content", [[], "text", 7, {}, {"width": 1}])
def test_what_has_not_even_the_form_of_a_picture_is_refused(content):
    with pytest.raises(WireError):
        as_picture(content, side=2)


WINDOW = Window(PARSED, {"at": 7, "inner": {"a": [1, None]}}, "pages", 7, 9, continues=True)


def test_window_survives_the_wire():
    sent = content_of(message(window_content(WINDOW))[8:])

    assert as_window(sent, after=3, total=9) == WINDOW
    assert as_window(sent, after=-1, total=None) == WINDOW


def test_last_window_need_not_come_further():
    last = Window(PARSED, None, "pages", 9, 9)

    assert as_window(content_of(message(window_content(last))[8:]), after=9, total=9) == last


@pytest.mark.parametrize(
    "changes",
    [
        {"parsed": None},
        {"parsed": {}},
        {"cursor": {}},
        {"cursor": [1]},
        {"cursor": "7"},
        {"cursor": {"at": "\0"}},
        {"cursor": {"at": "x" * MAX_CURSOR}},
        {"unit": "parsecs"},
        {"unit": None},
        {"unit": []},
        {"done": 3},
        {"done": -1},
        {"done": 10},
        {"done": 7.0},
        {"done": True},
        {"total": 8},
        {"total": None},
        {"done": 2**53, "total": 2**53},
        {"continues": 1},
    ],
    ids=lambda changes: json.dumps(changes)[:40],
)
def test_what_is_no_window_is_refused(changes):
    with pytest.raises(WireError):
        as_window({**window_content(WINDOW), **changes}, after=3, total=9)


@pytest.mark.parametrize("content", [None, [], "text", 7, {}])
def test_what_has_not_even_the_form_of_a_window_is_refused(content):
    with pytest.raises(WireError):
        as_window(content, after=-1, total=None)
