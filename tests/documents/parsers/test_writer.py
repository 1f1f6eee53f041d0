import pytest

from documents.parsers import writer as subject
from documents.parsers.base import BlockKind
from documents.parsers.writer import Writer
from system.errors import DocumentFault, FaultCode


def test_blocks_are_parted_by_blank_lines_and_list_items_by_newlines():
    writer = Writer()
    writer.add(BlockKind.HEADING, " The\nhead ", level=1)
    writer.add(BlockKind.LIST_ITEM, "- a", level=1)
    writer.add(BlockKind.LIST_ITEM, "- b", level=1)
    writer.add(BlockKind.TEXT, " \n ")
    writer.add(BlockKind.TEXT, "one  \n\n two\x07\x00 three")

    parsed = writer.parsed()

    assert parsed.text == "The head\n\n- a\n- b\n\none\ntwo three"
    assert [parsed.text[block.start : block.end] for block in parsed.blocks] == [
        "The head",
        "- a",
        "- b",
        "one\ntwo three",
    ]


def test_table_rows_are_single_lines():
    writer = Writer()
    writer.table([["a", "b\nc"], ["", " "], ["1\x00\ud800", "  2   3 "]], header_rows=5)

    parsed = writer.parsed()

    assert parsed.text == "a | b c\n1 | 2 3"
    assert parsed.blocks[0].rows == ((0, 7), (8, 15))
    assert parsed.blocks[0].header_rows == 2


def test_table_without_text_is_no_block():
    writer = Writer()
    writer.table([["", ""], []])

    assert writer.parsed().blocks == ()


@pytest.mark.parametrize(("limit", "value"), [("MAX_CHARS", 10), ("MAX_ROWS", 1)])
def test_limits_are_too_large(monkeypatch, limit, value):
    monkeypatch.setattr(subject, limit, value)
    writer = Writer()

    with pytest.raises(DocumentFault) as caught:
        writer.table([["abcdef"], ["ghijkl"]])

    assert caught.value.fault == FaultCode.TOO_LARGE
