"""Whatever the size of the windows, they make the same document; and so do those that start at any of their cursors."""

import json

import pytest

from documents.parsers import csv, markdown, pdf, text, xlsx
from documents.parsers import json as json_
from tests.documents.parsers.conftest import DATA
from tests.documents.parsers.whole import whole

AT_ONCE = 1 << 30
PROSE = "".join(
    f"Chapter {n}. It goes on.\r\n  Indented, with an Ä and a 漢字 and 👩.\n\n\n" + "a long line " * (n % 40) + "\n\f\n"
    for n in range(300)
)
TABLE = "name;note;number\n" + "".join(
    f'item {n};"a note; with a ""quote""\nand a line";{n}\n' if n % 3 else f"item {n};plain;{n}\n\n" for n in range(400)
)
MARKDOWN = "".join(
    f"{'#' * (1 + n % 3)} Part {n}\n\nSome *text*\nin lines.\n\n- one\n- two\n  - inner\n\n  more\n\n"
    f"```py\n# no heading\n\ncode = {n}\n```\n\n| a | b |\n|---|---|\n| {n} | x |\n| y | z |\n\n"
    "Title\n=====\n> said\n\n---\n"
    for n in range(60)
)
RECORDS = "".join(json.dumps({"n": n, "text": "word " * (n % 30)}) + "\n" for n in range(400)) + "broken\n"


def flat(windows, path, name, size, **config):
    return list(windows(str(path), name=name, config=config, cursor=None, size=size))


def resumed(windows, path, name, size, **config):
    """The windows, each read by a reader of its own from the cursor of the one before."""
    found, cursor = [], None
    while not found or cursor is not None:
        cursor = json.loads(json.dumps(cursor))
        found.append(next(windows(str(path), name=name, config=config, cursor=cursor, size=size)))
        cursor = found[-1].cursor
    return found


CASES = [
    pytest.param(text.windows, "a.txt", PROSE.encode(), id="text"),
    pytest.param(text.windows, "a.txt", PROSE.encode("utf-16"), id="text in UTF-16"),
    pytest.param(text.windows, "a.txt", b"\xef\xbb\xbf" + PROSE.encode(), id="text with a mark"),
    pytest.param(text.windows, "a.txt", PROSE.encode("gb18030", "replace"), id="text in GB 18030"),
    pytest.param(text.windows, "a.py", PROSE.encode(), id="code"),
    pytest.param(text.windows, "a.txt", b"one word after another " * 2000, id="a line without end"),
    pytest.param(text.windows, "a.txt", "漢".encode() * 9000, id="a word without end"),
    pytest.param(text.windows, "a.txt", b"line\n" * 9000, id="a paragraph without end"),
    pytest.param(csv.windows, "a.csv", TABLE.encode(), id="csv"),
    pytest.param(csv.windows, "a.csv", TABLE.encode("utf-16"), id="csv in UTF-16"),
    pytest.param(csv.windows, "a.csv", TABLE.replace("\n", "\r\n").encode(), id="csv of Windows"),
    pytest.param(csv.windows, "a.csv", TABLE.encode() + b'stray;5" disk;1\n' * 5, id="csv with stray quotes"),
    pytest.param(markdown.windows, "a.md", MARKDOWN.encode(), id="markdown"),
    pytest.param(
        markdown.windows, "a.md", b"---\ntitle: T\n---\n" + MARKDOWN.replace("\n", "\r\n").encode(), id="crlf"
    ),
    pytest.param(markdown.windows, "a.md", b"- item\n\n  more\n" * 2000, id="a list without end"),
    pytest.param(markdown.windows, "a.md", b"|a|b|\n|-|-|\n" + b"| cell | cell |\n" * 2000 + b"\nend\n", id="a table"),
    pytest.param(markdown.windows, "a.md", b"~~~\n" + b"    code\n\n# none\n" * 2000 + b"~~~\nend\n", id="a fence"),
    pytest.param(markdown.windows, "a.md", b"word after word\n" * 2000, id="a markdown paragraph without end"),
    pytest.param(json_.windows, "a.jsonl", RECORDS.encode(), id="json lines"),
    pytest.param(json_.windows, "a.json", RECORDS.encode(), id="json lines under the name of JSON"),
]


@pytest.mark.parametrize("way", [flat, resumed])
@pytest.mark.parametrize("size", [700, 5_000])
@pytest.mark.parametrize(("windows", "name", "data"), CASES)
def test_windows_of_any_size_make_the_same_document(tmp_path, windows, name, data, size, way):
    path = tmp_path / "stored"
    path.write_bytes(data)
    at_once = whole(flat(windows, path, name, AT_ONCE))

    found = way(windows, path, name, size)

    assert len(found) > 1
    assert whole(found) == at_once


@pytest.mark.parametrize("way", [flat, resumed])
@pytest.mark.parametrize("size", [2, 9])
@pytest.mark.parametrize("file", ["GeoTopo-komprimiert.pdf", "pdflatex-outline.pdf", "normal_4pages.pdf"])
def test_a_real_pdf_reads_the_same_in_windows_of_pages(file, size, way):
    path = DATA / "pdf" / file
    if not path.exists():
        pytest.skip(f"shared document {file} is not here")
    pages = [[1, 10], [50, 70]]

    found = whole(way(pdf.windows, path, file, size, pages=pages))

    assert found == whole(flat(pdf.windows, path, file, AT_ONCE, pages=pages))


@pytest.mark.parametrize("way", [flat, resumed])
@pytest.mark.parametrize("file", ["xlsx/xlsx_01.xlsx", "xlsx/xlsx_05_table_with_title.xlsx"])
def test_a_real_workbook_reads_the_same_in_windows_of_rows(file, way):
    path = DATA / file
    if not path.exists():
        pytest.skip(f"shared document {file} is not here")

    found = way(xlsx.windows, path, path.name, 40)

    assert len(found) > 1
    assert whole(found) == whole(flat(xlsx.windows, path, path.name, AT_ONCE))
