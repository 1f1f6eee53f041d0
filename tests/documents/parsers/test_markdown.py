import pytest

from documents.parsers.markdown import heading_text

SOURCE = """---
title: The handbook
---
Intro text
on two lines.

# Install ##

1. First
   more of it

   second paragraph
   - nested
2. Last

| a | b |
|---|---|
| 1 | 2 |
| 3 | 4 |

```py
x = 1
```

> quoted

Setext
------
[ref]: http://example.com "Reference"
<div>html</div>
"""


def test_blocks_are_spans_of_the_source(parse_bytes, shape):
    parsed = parse_bytes(SOURCE, "a.md")

    assert parsed.text == SOURCE
    assert shape(parsed) == [
        ("text", 0, "---\ntitle: The handbook\n---"),
        ("text", 0, "Intro text\non two lines."),
        ("heading", 1, "# Install ##"),
        ("list_item", 1, "1. First\n   more of it\n\n   second paragraph"),
        ("list_item", 2, "- nested"),
        ("list_item", 1, "2. Last"),
        ("table", 0, "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |"),
        ("code", 0, "```py\nx = 1\n```"),
        ("text", 0, "> quoted"),
        ("heading", 2, "Setext\n------"),
        ("text", 0, '[ref]: http://example.com "Reference"'),
        ("text", 0, "<div>html</div>"),
    ]


def test_table_header_takes_its_delimiter_row_along(parse_bytes):
    parsed = parse_bytes(SOURCE, "a.md")

    (table,) = (block for block in parsed.blocks if block.kind == "table")
    assert [parsed.text[start:end] for start, end in table.rows] == [
        "| a | b |\n|---|---|",
        "| 1 | 2 |",
        "| 3 | 4 |",
    ]
    assert table.header_rows == 1


def test_title_is_that_of_the_front_matter_else_the_first_heading(parse_bytes):
    assert parse_bytes(SOURCE, "a.md").title == "The handbook"
    assert parse_bytes("text\n\n# Head #\n", "a.md").title == "Head"


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_newlines_of_all_systems_give_the_same_blocks(parse_bytes, shape, newline):
    parsed = parse_bytes(SOURCE.replace("\n", newline), "a.md")

    assert [kind for kind, _, _ in shape(parsed)] == [kind for kind, _, _ in shape(parse_bytes(SOURCE, "a.md"))]
    assert parsed.text == SOURCE.replace("\n", newline)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("> " * 20_000 + "x", id="quotes in quotes"),
        pytest.param("\n".join("  " * depth + "- x" for depth in range(1_000)), id="lists in lists"),
        pytest.param("[\n" * 20_000, id="brackets"),
        pytest.param("|a" * 2_000 + "\n" + "|-" * 2_000 + "\n" + ("|b" * 2_000 + "\n") * 20, id="wide table"),
    ],
)
@pytest.mark.timeout(20)
def test_hostile_source_keeps_all_its_text(parse_bytes, source):
    parsed = parse_bytes(source, "a.md")

    covered = "".join(parsed.text[block.start : block.end] for block in parsed.blocks)
    assert [char for char in covered if char.isalnum()] == [char for char in source if char.isalnum()]


@pytest.mark.parametrize(
    ("source", "text"),
    [("## Two ##", "Two"), ("Head\n===", "Head"), ("# C#", "C#"), ("#", ""), ("Plain", "Plain")],
)
def test_heading_text_has_no_marks(source, text):
    assert heading_text(source) == text


@pytest.mark.parametrize("name", ["blocks.md", "duck.md", "ending_with_table.md"])
def test_real_files_are_kept_verbatim(parse_file, name):
    parsed = parse_file(f"md/{name}")

    assert parsed.blocks


@pytest.mark.parametrize("source", ["## Pond life ##\n", "Pond life\n---\n"], ids=["atx", "setext"])
def test_a_heading_tells_its_text_without_its_marks(parse_bytes, source):
    (block,) = parse_bytes(source, "a.md").blocks

    assert block.title == "Pond life"
