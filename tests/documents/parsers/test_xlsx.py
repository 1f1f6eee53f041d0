import datetime
import zipfile

import openpyxl
import pytest

from documents.parsers.archive import Archive
from documents.parsers.sheet_scan import measure
from documents.parsers.xlsx import as_text, header_rows, windows
from system.errors import DocumentFault, FaultCode


@pytest.fixture
def workbook(tmp_path):
    """Write a workbook of sheets of rows; returns its path."""

    def write(**sheets):
        book = openpyxl.Workbook()
        book.remove(book.active)
        for title, rows in sheets.items():
            sheet = book.create_sheet(title)
            for row in rows:
                sheet.append(row)
        book.save(tmp_path / "a.xlsx")
        return tmp_path / "a.xlsx"

    return write


def test_sheets_are_headings_and_tables(parse_file, shape, workbook):
    path = workbook(People=[["name", "age"], ["Ada", 36], [None, None], ["Grace", 85.5]], Empty=[], Last=[["x"]])

    parsed = parse_file(path)

    assert shape(parsed) == [
        ("heading", 1, "People"),
        ("table", 0, "name | age\nAda | 36\nGrace | 85.5"),
        ("heading", 1, "Last"),
        ("table", 0, "x"),
    ]
    assert [block.page for block in parsed.blocks] == [1, 1, 3, 3]
    assert [block.header_rows for block in parsed.blocks] == [0, 1, 0, 1]
    assert parsed.pages == 3


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (36.0, "36"),
        (0.1, "0.1"),
        (1e300, "1e+300"),
        (True, "TRUE"),
        (datetime.date(2024, 1, 2), "2024-01-02"),
        (datetime.datetime(2024, 1, 2), "2024-01-02"),
        (datetime.datetime(2024, 1, 2, 3, 4, 5), "2024-01-02 03:04:05"),
        (datetime.time(3, 4), "03:04:00"),
        (" padded ", "padded"),
    ],
)
def test_cells_read_as_people_write_them(value, text):
    assert as_text(value) == text


@pytest.mark.parametrize(
    ("rows", "count"),
    [
        pytest.param([["a", "b"], ["1", "2"]], 1, id="header"),
        pytest.param([["Title", ""], ["a", "b"], ["1", "2"]], 2, id="title above"),
        pytest.param([["Title", ""], ["", "sub"], ["a", "b"], ["1", "2"]], 3, id="two titles"),
        pytest.param([["a"], ["b"]], 1, id="one column"),
    ],
)
def test_header_is_found_below_titles(rows, count):
    assert header_rows(rows) == count


def test_two_far_cells_are_too_large(parse_file, tmp_path):
    book = openpyxl.Workbook()
    book.active["A1"] = 1
    book.active["XFD1048576"] = 2
    book.save(tmp_path / "a.xlsx")

    with pytest.raises(DocumentFault, match="17,179,869,184 cells") as caught:
        parse_file(tmp_path / "a.xlsx")

    assert caught.value.fault == FaultCode.TOO_LARGE


def test_styled_empty_cells_do_not_count(tmp_path):
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/worksheets/s.xml", '<row r="1"><c r="A1"><v>1</v></c></row><c r="XFD9" s="1"/>')

    with Archive(str(path), "a.xlsx") as archive:
        extent = measure(archive, "xl/worksheets/s.xml")

    assert (extent.cells, extent.rectangle) == (1, 1)


def test_cells_without_reference_follow_the_last_one(tmp_path):
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("s.xml", "<row><c><v>1</v></c><c><v>2</v></c></row><row><c/><c/><c><v>3</v></c></row>")

    with Archive(str(path), "a.xlsx") as archive:
        extent = measure(archive, "s.xml")

    assert (extent.cells, extent.rectangle) == (3, 6)


def test_tags_cut_between_chunks_are_seen(tmp_path, monkeypatch):
    monkeypatch.setattr("documents.parsers.sheet_scan.CHUNK", 7)
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("s.xml", '<row r="1">' + '<c r="A1"><v>1</v></c>' * 50 + '</row><c r="C4" t="s"><v>1</v></c>')

    with Archive(str(path), "a.xlsx") as archive:
        extent = measure(archive, "s.xml")

    assert (extent.cells, extent.rectangle) == (51, 12)


@pytest.mark.parametrize("keep", [0.3, 0.9])
def test_truncated_workbook_is_corrupt(parse_bytes, workbook, keep):
    data = workbook(a=[["x"] * 5] * 50).read_bytes()

    with pytest.raises(DocumentFault) as caught:
        parse_bytes(data[: int(len(data) * keep)], "a.xlsx")

    assert caught.value.fault == FaultCode.CORRUPT


def test_workbook_under_another_name_is_still_a_workbook(parse_file, workbook):
    assert parse_file(workbook(a=[["x", "y"]]), name="a.txt").text == "a\n\nx | y"


def test_title_row_is_repeated_with_the_header(parse_file):
    parsed = parse_file("xlsx/xlsx_05_table_with_title.xlsx")

    assert parsed.blocks[1].header_rows == 2
    assert "2019 | 120" in parsed.text


def test_only_the_first_window_of_a_table_has_its_header(workbook):
    path = workbook(People=[["name", "age"], *([f"somebody {n}", n] for n in range(20))])

    found = list(windows(str(path), name="a.xlsx", config={}, cursor=None, size=40))

    tables = [block for window in found for block in window.parsed.blocks if block.rows]
    assert [block.header_rows for block in tables] == [1, *[0] * (len(tables) - 1)]
    assert len(tables) > 2
