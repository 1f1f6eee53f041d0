"""The demo's samples: complete renderings of the handbook, up to date, openable, reproducible."""

import csv
import email
import email.policy
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pptx
import pypdfium2
import pytest
from lxml import html

from ragsite.demo import render
from ragsite.demo.formats import pdf
from ragsite.demo.handbook import Block, Chain, Code, Listing, Note, Page, Table, load, plain

QUESTIONS = json.loads((render.SAMPLES.parent / "questions.json").read_text(encoding="utf-8"))
FORMATS = {"md", "html", "pdf", "docx", "pptx", "xlsx", "csv", "json", "eml", "txt"}


def words(text: str) -> list[str]:
    """Its words in order; soft hyphens and line ends part them as spaces do."""
    return re.findall(r"[\w.$/{}-]*\w", text)


def squeezed(text: str) -> str:
    return " ".join(text.split())


def of_pdf(data: bytes) -> str:
    return "\n".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(data))


def of_docx(data: bytes) -> str:
    document = docx.Document(io.BytesIO(data))
    parts: list[Any] = list(document.iter_inner_content())
    return "\n".join(part.text if hasattr(part, "text") else of_rows(part.rows) for part in parts)


def of_rows(rows: Any) -> str:
    return "\n".join(cell.text for row in rows for cell in row.cells)


def of_pptx(data: bytes) -> str:
    texts = []
    for slide in pptx.Presentation(io.BytesIO(data)).slides:
        for shape in slide.shapes:
            texts.append(of_rows(shape.table.rows) if shape.has_table else shape.text_frame.text)
        if slide.has_notes_slide:
            texts.append(slide.notes_slide.notes_text_frame.text)
    return "\n".join(texts)


def of_xlsx(data: bytes) -> str:
    book = openpyxl.load_workbook(io.BytesIO(data))
    cells = [str(value) for sheet in book for row in sheet.values for value in row if value is not None]
    return "\n".join([book.properties.title, *book.sheetnames, *cells])


def of_json(data: bytes) -> str:
    tables = json.loads(data)
    rows = [row for rows in tables.values() if isinstance(rows, list) for row in rows]
    return "\n".join([tables["title"], *tables, *(text for row in rows for pair in row.items() for text in pair)])


def of_eml(data: bytes) -> str:
    message = email.message_from_bytes(data, policy=email.policy.default)
    return "\n".join([message["Subject"], *(part.get_content() for part in message.walk() if not part.is_multipart())])


TEXT_OF: dict[str, Callable[[bytes], str]] = {
    "md": bytes.decode,
    "txt": bytes.decode,
    "html": lambda data: "\n".join(html.fromstring(data.decode()).itertext()),
    "pdf": of_pdf,
    "docx": of_docx,
    "pptx": of_pptx,
    "xlsx": of_xlsx,
    "csv": lambda data: "\n".join(cell for row in csv.reader(io.StringIO(data.decode())) for cell in row),
    "json": of_json,
    "eml": of_eml,
}


def text_of(name: str, data: bytes) -> str:
    return TEXT_OF[name.rpartition(".")[2]](data)


def text_of_block(block: Block) -> str:
    match block:
        case Listing(_, items):
            return "\n".join(map(plain, items))
        case Table(header, rows):
            return "\n".join(plain(cell) for row in (header, *rows) for cell in row)
        case Code(_, text):
            return text
        case Chain(boxes, _):
            return "\n".join(boxes)
        case _:
            return plain(block.spans)


def expected(page: Page, name: str) -> list[str]:
    """The words that the sample must show: tables only where the format holds records, everything elsewhere."""
    suffix = name.rpartition(".")[2]
    records = suffix in {"xlsx", "csv", "json"}
    blocks = [block for block in page.blocks if isinstance(block, Table) or not records]
    text = "\n".join(map(text_of_block, blocks))
    if suffix == "txt":  # records of a table stand below each other, without the header
        assert not any(isinstance(block, Table) for block in blocks)
    return words(text.lower() if suffix == "json" else text)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("samples")
    render.render(folder)
    return folder


def test_every_format_is_rendered(fresh):
    assert {path.suffix.removeprefix(".") for path in fresh.iterdir()} == FORMATS


@pytest.mark.parametrize("name", render.NAMES)
def test_sample_shows_every_word_of_its_page(fresh, name):
    shown = text_of(name, (fresh / name).read_bytes())
    page = load(render.source_of(name))

    missing = set(expected(page, name)) - set(words(shown.lower() if name.endswith("json") else shown))

    assert not missing


@pytest.mark.parametrize("name", render.NAMES)
def test_committed_sample_is_up_to_date_with_its_page(fresh, name):
    committed = (render.SAMPLES / name).read_bytes()

    assert words(text_of(name, committed)) == words(text_of(name, (fresh / name).read_bytes())), "run `make samples`"


def test_nothing_but_samples_lies_in_their_folder():
    assert sorted(path.name for path in render.SAMPLES.iterdir()) == sorted(render.NAMES)


def test_rendering_twice_gives_the_same_bytes(fresh, tmp_path):
    again = render.render(tmp_path)

    assert [path.name for path in again if path.read_bytes() != (fresh / path.name).read_bytes()] == []


def test_all_samples_together_are_below_one_megabyte():
    assert sum(path.stat().st_size for path in render.SAMPLES.iterdir()) < 1_000_000


def test_pdf_has_pages_with_numbers_a_figure_and_a_table(fresh):
    document = pypdfium2.PdfDocument((fresh / "ingestion.pdf").read_bytes())
    paths = [item for item in document[0].get_objects() if item.type == pypdfium2.raw.FPDF_PAGEOBJ_PATH]

    assert len(document) >= 3
    assert [f"Page {number}" in page.get_textpage().get_text_bounded() for number, page in enumerate(document, 1)] == [
        True
    ] * len(document)
    assert len(paths) >= 9  # five boxes, four arrows


def test_pdf_refuses_a_character_that_its_fonts_lack(tmp_path):
    path = tmp_path / "page.md"
    path.write_text("# A → B\n", encoding="utf-8")

    with pytest.raises(ValueError, match=r"page\.md: .*Windows-1252"):
        pdf.render(load(path))


def test_each_numbered_list_of_a_docx_starts_at_one(fresh):
    document = docx.Document(str(fresh / "tokens-and-permissions.docx"))
    numbers = [p._p.pPr.numPr.numId.val for p in document.paragraphs if p.style.name == "List Number"]

    assert len(set(numbers)) == 2


def test_pptx_has_a_table_and_speaker_notes(fresh):
    deck = pptx.Presentation(str(fresh / "tour.pptx"))
    notes = [block for block in load(render.HANDBOOK / "tour.md").blocks if isinstance(block, Note)]

    assert any(shape.has_table for slide in deck.slides for shape in slide.shapes)
    assert sum(slide.has_notes_slide for slide in deck.slides) == len(notes)


def test_xlsx_keeps_numbers_as_numbers_on_several_sheets(fresh):
    book = openpyxl.load_workbook(fresh / "limits-and-sizing.xlsx")

    assert book.sheetnames == ["Limits", "Sizing", "Formats"]
    assert [row[1] for row in book["Limits"].values][1:4] == [1, 1024, 16]


def test_letter_has_two_versions_and_an_attachment(fresh):
    message = email.message_from_bytes((fresh / "release-letter.eml").read_bytes(), policy=email.policy.default)

    assert [part.get_content_type() for part in message.walk() if not part.is_multipart()] == [
        "text/plain",
        "text/html",
        "text/plain",
    ]
    assert [part.get_filename() for part in message.iter_attachments()] == ["first-week.txt"]


@pytest.mark.parametrize("case", QUESTIONS, ids=lambda case: case["document"])
def test_a_questions_phrase_occurs_in_its_document_and_in_no_other(case):
    holders = [
        path.name
        for path in sorted(render.SAMPLES.iterdir())
        if squeezed(case["phrase"]) in squeezed(text_of(path.name, path.read_bytes()))
    ]

    assert holders == [case["document"]]


def test_questions_ask_for_different_formats_and_one_is_a_paraphrase():
    suffixes = [case["document"].rpartition(".")[2] for case in QUESTIONS]

    assert len(suffixes) >= 3
    assert set(suffixes) == FORMATS
    assert any(case["paraphrase"] for case in QUESTIONS)
