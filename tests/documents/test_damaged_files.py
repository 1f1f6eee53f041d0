"""Real files with bytes changed at random: each is parsed or refused with a code, and the worker lives on."""

import random
from pathlib import Path

import pytest

from documents.sandbox import Sandbox
from system.errors import DocumentFault

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "documents"
FILES = [
    "pdf/multicolumn.pdf",
    "pdf/pdflatex-outline.pdf",
    "docx/word_sample.docx",
    "docx/textbox.docx",
    "xlsx/xlsx_01.xlsx",
    "pptx/powerpoint_comments.pptx",
    "eml/eml_with_attachment.eml",
    "html/html_rich_table_cells.html",
    "md/blocks.md",
    "csv/csv-comma.csv",
    "MANIFEST.json",
]
ROUNDS = 12


def damaged(data, chance):
    """The data with some bytes changed, a stretch taken out, or its end cut off."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 8, 64))):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    start = chance.randrange(len(changed))
    end = chance.choice((start, start + 40, len(changed)))
    return bytes(changed[:start] + changed[end:])


@pytest.mark.processes
@pytest.mark.parametrize("file", FILES)
def test_damaged_file_is_parsed_or_refused_with_a_code(file, tmp_path):
    if not (DATA / file).exists():
        pytest.skip(f"shared document {file} is not here")
    chance = random.Random(file)
    data = (DATA / file).read_bytes()
    path = tmp_path / "stored"
    ended = []

    with Sandbox() as sandbox:
        for _ in range(ROUNDS):
            path.write_bytes(damaged(data, chance))
            try:
                for _ in sandbox.windows(str(path), name=Path(file).name, config={}, alive=lambda: True, timeout=30):
                    pass
                ended.append("parsed")
            except DocumentFault as fault:
                ended.append(fault.fault)

    assert set(ended) <= {"parsed", "corrupt", "encrypted", "unsupported", "too_large"}
