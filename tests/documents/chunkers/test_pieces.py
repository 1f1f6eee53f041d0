import pytest

from documents.parsers.base import Block, BlockKind, Parsed
from tests.documents.chunkers.drafts import ROWS, contents, document, passages, pieces, prose, table


def test_text_outside_the_blocks_is_kept():
    parsed = Parsed(text="before\n\nblock\n\nafter", blocks=(Block(BlockKind.TEXT, 8, 13),))

    assert contents(parsed) == ["before\n\nblock\n\nafter"]
    assert contents(parsed, 1) == ["before", "block", "after"]


def test_overlapping_blocks_are_refused():
    parsed = Parsed(text="abcdef", blocks=(Block(BlockKind.TEXT, 0, 4), Block(BlockKind.TEXT, 3, 6)))

    with pytest.raises(ValueError, match="overlap"):
        passages(parsed)


def test_small_section_does_not_swallow_text_from_outside_its_path():
    parsed = document(
        ("heading", "One", {"level": 1}),
        ("text", prose("a", 90)),
        ("heading", "Small", {"level": 2}),
        ("text", "tail"),
        ("heading", "Two", {"level": 1}),
        ("text", "other"),
    )

    assert [passage.headings for passage in passages(parsed, 100)] == [("One",), ("One", "Small"), ("Two",)]


def test_endless_heading_is_shortened_in_the_path():
    parsed = document(("heading", prose("h", 2000), {"level": 1}), ("text", prose("a", 300)))

    assert max(len(title) for passage in passages(parsed, 100) for title in passage.headings) == 256


def test_list_that_fits_stays_whole_with_the_line_that_leads_into_it():
    parsed = document(
        ("text", prose("a", 85)),
        ("text", "The steps are as follows:"),
        *(("list_item", prose(f"item{number}-", 6), {"level": 1}) for number in range(10)),
    )

    found = contents(parsed, 100)

    assert len(found) == 2
    assert found[1].startswith("The steps are as follows:\n\nitem0-0")


def test_long_list_is_cut_between_items_of_the_outermost_level():
    levels = [1, 2, 2, 1, 2, 2, 1, 2, 2, 1, 2, 2]
    parsed = document(
        *(("list_item", prose(f"i{number}-", 10), {"level": level}) for number, level in enumerate(levels)), gap="\n"
    )

    found = contents(parsed, 65)

    assert [content.split()[0] for content in found] == ["i0-0", "i6-0"]


def test_code_that_fits_stays_whole_and_longer_code_is_cut_at_lines():
    code = "\n".join(f"call(a, {number})" for number in range(45))
    parsed = document(("text", prose("a", 60)), ("code", code))

    assert code in contents(parsed, 100)
    assert all(content.split("\n")[-1].startswith("call(") for content in contents(document(("code", code)), 40))


def test_table_that_fits_stays_whole():
    parsed = table("name | number", *ROWS)

    (passage,) = passages(parsed, 200)

    assert passage.content == parsed.text
    assert passage.kind == "table"


def test_long_table_repeats_its_header():
    parsed = table("name | number", *ROWS)

    found = passages(parsed, 40)

    assert len(found) > 2
    assert all(passage.content.startswith("name | number\nrow") for passage in found)
    assert [line for passage in found for line in passage.content.split("\n")[1:]] == ROWS
    assert [len(passage.spans) for passage in found] == [1] + [2] * (len(found) - 1)
    assert {passage.kind for passage in found} == {"table"}


def test_header_too_long_to_repeat_is_shown_once():
    parsed = table(prose("column", 30), *ROWS)

    found = passages(parsed, 40)

    assert sum("column0 " in passage.content for passage in found) == 1


def test_row_above_the_cap_is_cut_as_text():
    parsed = table("name | number", "short | 1", prose("cell", 100), "short | 2")

    found = passages(parsed, 40)

    assert max(passage.tokens for passage in found) <= 40
    assert (
        "".join("".join(passage.content.removeprefix("name | number").split()) for passage in found).count("cell")
        == 100
    )


def test_heading_goes_with_the_first_part_of_a_long_table():
    body = table("name | number", *ROWS)
    heading = "Prices\n\n"
    (block,) = body.blocks
    rows = tuple((start + len(heading), end + len(heading)) for start, end in block.rows)
    text = heading + body.text
    blocks = (
        Block(BlockKind.HEADING, 0, 6, level=1),
        Block(BlockKind.TABLE, len(heading), len(text), rows=rows, header_rows=1),
    )

    found = passages(Parsed(text=text, blocks=blocks), 40)

    assert found[0].content.startswith("Prices\n\nname | number\nrow0")
    assert {passage.headings for passage in found} == {("Prices",)}


def test_the_path_shows_titles_without_markup():
    text = "## Ponds\n\nWater."
    blocks = (
        Block(BlockKind.HEADING, 0, 8, level=2, title="Ponds"),
        Block(BlockKind.TEXT, 10, 16),
    )

    *_, last = pieces(Parsed(text=text, blocks=blocks))

    assert last.path == ("Ponds",)
