import re
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from docx import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from lxml import etree

from documents.parsers.docx.words import words
from system.errors import DocumentFault, FaultCode

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
M = "http://schemas.openxmlformats.org/officeDocument/2006/math"
MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "documents"
SAMPLES = [
    "docx_lists",
    "docx_rich_cells",
    "lorem_ipsum",
    "textbox",
    "unit_test_headers_numbered",
    "word_sample",
    "word_tables",
]


@pytest.fixture
def write(tmp_path):
    """Save what a function makes of an empty document; returns its path."""

    def run(make):
        document = Document()
        make(document)
        document.save(tmp_path / "a.docx")
        return tmp_path / "a.docx"

    return run


@pytest.fixture
def with_part(tmp_path):
    """A document whose word/document.xml (or another part) is the given XML."""

    def run(xml, part="word/document.xml"):
        Document().save(tmp_path / "base.docx")
        path = tmp_path / "a.docx"
        with zipfile.ZipFile(tmp_path / "base.docx") as base, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
            for name in base.namelist():
                if name != part:
                    out.writestr(name, base.read(name))
            out.writestr(part, xml)
        return path

    return run


def body(inner):
    return f'<w:document xmlns:w="{W}" xmlns:m="{M}" xmlns:mc="{MC}"><w:body>{inner}</w:body></w:document>'


def test_headings_paragraphs_lists_and_tables(parse_file, shape, write):
    def make(document):
        document.core_properties.title = "The title"
        document.add_heading("Head", 1)
        document.add_paragraph("Text\twith tab\nand break")
        document.add_heading("Sub", 2)
        document.add_paragraph("first", style="List Bullet")
        document.add_paragraph("nested", style="List Bullet 2")
        document.add_paragraph("one", style="List Number")
        document.add_paragraph("two", style="List Number")
        table = document.add_table(rows=2, cols=2)
        for cell, text in zip(table._cells, ("a", "b", "1", "2"), strict=True):
            cell.text = text

    parsed = parse_file(write(make))

    assert shape(parsed) == [
        ("heading", 1, "Head"),
        ("text", 0, "Text with tab\nand break"),
        ("heading", 2, "Sub"),
        ("list_item", 1, "- first"),
        ("list_item", 1, "- nested"),
        ("list_item", 1, "1. one"),
        ("list_item", 1, "2. two"),
        ("table", 0, "a | b\n1 | 2"),
    ]
    assert parsed.title == "The title"
    assert parsed.blocks[-1].header_rows == 1


def test_merged_cells_keep_the_columns(parse_file, write):
    def make(document):
        table = document.add_table(rows=3, cols=3)
        for at, cell in enumerate(table._cells):
            cell.text = str(at)
        table.cell(1, 0).merge(table.cell(1, 1)).text = "wide"
        table.cell(1, 2).merge(table.cell(2, 2)).text = "tall"

    assert parse_file(write(make)).text == "0 | 1 | 2\nwide |  | tall\n6 | 7 | "


def test_table_of_one_cell_is_a_frame(parse_file, shape, write):
    def make(document):
        document.add_table(rows=1, cols=1).cell(0, 0).text = "framed"

    assert shape(parse_file(write(make))) == [("text", 0, "framed")]


def test_declared_header_rows_are_taken(parse_file, write):
    def make(document):
        table = document.add_table(rows=3, cols=1)
        for row in table.rows:
            row.cells[0].text = "x"
        for row in table.rows[:2]:
            row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))

    assert parse_file(write(make)).blocks[0].header_rows == 2


@pytest.mark.parametrize(
    ("xml", "text"),
    [
        pytest.param("<w:ins><w:r><w:t>kept</w:t></w:r></w:ins>", "kept", id="inserted"),
        pytest.param("<w:del><w:r><w:delText>gone</w:delText></w:r></w:del>", "", id="deleted"),
        pytest.param("<w:moveFrom><w:r><w:t>gone</w:t></w:r></w:moveFrom>", "", id="moved away"),
        pytest.param("<w:sdt><w:sdtContent><w:r><w:t>kept</w:t></w:r></w:sdtContent></w:sdt>", "kept", id="control"),
        pytest.param("<w:hyperlink><w:r><w:t>link</w:t></w:r></w:hyperlink>", "link", id="link"),
        pytest.param("<w:r><w:instrText>PAGE</w:instrText></w:r>", "", id="field code"),
        pytest.param('<w:r><w:t>a</w:t><w:footnoteReference w:id="2"/></w:r>', "a[2]", id="note mark"),
        pytest.param('<w:r><w:sym w:font="Symbol" w:char="03B1"/></w:r>', "α", id="symbol"),
        pytest.param("<w:r><w:t>a</w:t><w:noBreakHyphen/><w:t>b</w:t><w:softHyphen/></w:r>", "a-b", id="hyphens"),
        pytest.param(
            "<mc:AlternateContent><mc:Choice><w:r><w:t>new</w:t></w:r></mc:Choice><mc:Fallback><w:r><w:t>old</w:t></w:r>"
            "</mc:Fallback></mc:AlternateContent>",
            "new",
            id="alternative",
        ),
        pytest.param(
            "<m:oMath><m:f><m:num><m:r><m:t>a+b</m:t></m:r></m:num><m:den><m:r><m:t>c</m:t></m:r></m:den></m:f></m:oMath>",
            "(a+b)/c",
            id="fraction",
        ),
    ],
)
def test_words_of_a_paragraph(xml, text):
    paragraph = etree.fromstring(f'<w:p xmlns:w="{W}" xmlns:m="{M}" xmlns:mc="{MC}">{xml}</w:p>')

    assert words(paragraph) == text


def test_notes_stand_at_the_end(parse_file, shape, with_part):
    notes = (
        f'<w:footnotes xmlns:w="{W}"><w:footnote w:type="separator" w:id="0"><w:p><w:r><w:t>no</w:t></w:r></w:p>'
        '</w:footnote><w:footnote w:id="2"><w:p><w:r><w:t>the note</w:t></w:r></w:p></w:footnote></w:footnotes>'
    )

    parsed = parse_file(with_part(notes, "word/footnotes.xml"))

    assert shape(parsed) == [("text", 0, "[2] the note")]


def test_text_box_follows_its_paragraph_once(parse_file, shape, with_part):
    box = "<w:txbxContent><w:p><w:r><w:t>in the box</w:t></w:r></w:p></w:txbxContent>"
    xml = body(
        "<w:p><w:r><w:t>anchor</w:t></w:r><w:r><mc:AlternateContent>"
        f"<mc:Choice><w:drawing>{box}</w:drawing></mc:Choice><mc:Fallback><w:pict>{box}</w:pict></mc:Fallback>"
        "</mc:AlternateContent></w:r></w:p>"
    )

    assert shape(parse_file(with_part(xml))) == [("text", 0, "anchor"), ("text", 0, "in the box")]


def test_numbers_are_those_word_prints(parse_file, write):
    def make(document):
        numbering = document.part.numbering_part.element
        numbering.clear()
        levels = "".join(
            f'<w:lvl w:ilvl="{at}"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{text}"/></w:lvl>'
            for at, (form, text) in enumerate((("decimal", "%1."), ("lowerLetter", "%1.%2)"), ("upperRoman", "%3")))
        )
        numbering.append(etree.fromstring(f'<w:abstractNum xmlns:w="{W}" w:abstractNumId="7">{levels}</w:abstractNum>'))
        numbering.append(etree.fromstring(f'<w:num xmlns:w="{W}" w:numId="7"><w:abstractNumId w:val="7"/></w:num>'))
        for level in (0, 1, 1, 2, 0, 1):
            properties = document.add_paragraph("x")._p.get_or_add_pPr().get_or_add_numPr()
            properties.get_or_add_ilvl().set(qn("w:val"), str(level))
            properties.get_or_add_numId().set(qn("w:val"), "7")

    parsed = parse_file(write(make))

    assert parsed.text.split("\n") == ["1. x", "1.a) x", "1.b) x", "I x", "2. x", "2.a) x"]
    assert [block.level for block in parsed.blocks] == [1, 2, 2, 3, 1, 2]


@pytest.mark.parametrize(
    ("xml", "fault"),
    [
        pytest.param("<w:document", FaultCode.CORRUPT, id="cut off"),
        pytest.param(
            '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>' + body("<w:p/>"),
            FaultCode.CORRUPT,
            id="billion laughs",
        ),
        pytest.param(body("<w:sdt>" * 100_000), FaultCode.TOO_LARGE, id="deep"),
        pytest.param(f'<w:document xmlns:w="{W}"/>', FaultCode.CORRUPT, id="no body"),
    ],
)
@pytest.mark.timeout(20)
def test_hostile_document_is_a_coded_fault(parse_file, with_part, xml, fault):
    with pytest.raises(DocumentFault) as caught:
        parse_file(with_part(xml))

    assert caught.value.fault == fault


@pytest.mark.timeout(20)
def test_zip_bomb_is_too_large(parse_file, with_part):
    path = with_part(body("<w:p/>") + " " * (300 * 1024**2))

    with pytest.raises(DocumentFault) as caught:
        parse_file(path)

    assert caught.value.fault == FaultCode.TOO_LARGE


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.99])
def test_truncated_document_is_corrupt(parse_bytes, write, keep):
    data = write(lambda document: document.add_paragraph("text")).read_bytes()

    with pytest.raises(DocumentFault) as caught:
        parse_bytes(data[: int(len(data) * keep)], "a.docx")

    assert caught.value.fault == FaultCode.CORRUPT


def test_document_named_txt_is_still_a_document(parse_file, write):
    assert parse_file(write(lambda document: document.add_paragraph("text")), name="a.txt").text == "text"


def expected_words(path):
    """The bag of words of all paragraphs of body and notes; an oracle that shares no code with the reader."""
    found = Counter()
    with zipfile.ZipFile(path) as archive:
        for part in {"word/document.xml", "word/footnotes.xml", "word/endnotes.xml"} & set(archive.namelist()):
            root = etree.fromstring(archive.read(part))
            for fallback in list(root.iter(f"{{{MC}}}Fallback")):
                fallback.getparent().remove(fallback)
            for paragraph in root.iter(f"{{{W}}}p"):
                own = (
                    (node.text or "") if node.tag.endswith("}t") else " "
                    for node in paragraph.iter(f"{{{W}}}t", f"{{{M}}}t", f"{{{W}}}tab", f"{{{W}}}br")
                    if next(node.iterancestors(f"{{{W}}}p")) is paragraph
                )
                found.update(re.findall(r"\w+", "".join(own)))
    return found


@pytest.mark.parametrize("name", SAMPLES)
def test_no_word_of_a_real_document_is_lost(parse_file, name):
    parsed = parse_file(f"docx/{name}.docx")
    expected = expected_words(DATA / f"docx/{name}.docx")

    missing = expected - Counter(re.findall(r"\w+", parsed.text))

    assert missing.total() <= 0.005 * expected.total(), missing


def test_no_letter_of_real_formulas_is_lost(parse_file):
    parsed = parse_file("docx/equations.docx")
    expected = Counter("".join(expected_words(DATA / "docx/equations.docx").elements()))

    assert not expected - Counter(parsed.text)
