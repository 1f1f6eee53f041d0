import pytest

from documents.parsers.csv import delimiter_of


@pytest.mark.parametrize(
    ("source", "delimiter"),
    [
        ("a,b\n1,2\n", ","),
        ('a;b\n"1,5";2\n', ";"),
        ("a\tb\n1, x\t2\n", "\t"),
        ("a|b|c\n1|2|3\n", "|"),
        ("just\nwords\n", ","),
        ("a;b;c\nx, y, z;1;2\nu, v;3;4\n", ";"),
    ],
    ids=["comma", "semicolon", "tab", "bar", "none", "commas inside"],
)
def test_delimiter_is_found(source, delimiter):
    assert delimiter_of(source) == delimiter


def test_rows_are_lines_of_one_table(parse_bytes):
    parsed = parse_bytes('name,note\nAda,"first\nline, ""quoted"""\n,\nGrace,\n', "a.csv")

    (table,) = parsed.blocks
    assert parsed.text == 'name | note\nAda | first line, "quoted"\nGrace | '
    assert [parsed.text[start:end] for start, end in table.rows] == parsed.text.split("\n")
    assert table.header_rows == 1


def test_quote_that_is_never_closed_does_not_swallow_the_file(parse_bytes):
    parsed = parse_bytes(
        'size,x\n3",1\n' + "row,2\n" * 20_000 + '"open,3\n' + "row,2\n" * 20_000 + 'five"x,2\n', "a.csv"
    )

    assert len(parsed.blocks[0].rows) > 40_000


@pytest.mark.parametrize("name", ["csv-comma.csv", "csv-semicolon.csv"])
def test_real_files_have_twelve_columns(parse_file, name):
    parsed = parse_file(f"csv/{name}")

    assert {parsed.text[start:end].count(" | ") for start, end in parsed.blocks[0].rows} == {11}
