import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from documents.chunkers import naive, presentation
from documents.chunkers.flow import Flow
from documents.parsers import csv, markdown, pdf, text, xlsx
from documents.parsers.base import Block, BlockKind, Parsed
from tests.documents.chunkers.drafts import (
    characters,
    document,
    documents,
    jealous,
    passages,
    prose,
    table,
    windows,
    words,
)
from tests.documents.parsers.whole import whole

DATA = Path(__file__).resolve().parents[4] / "shared/data/documents"


def flowed(stretches, tokens=512, count=words, **config):
    """The passages of windows, each fed to a flow of its own that knows but the carry of the one before."""
    found, carry = [], None
    for window in stretches:
        flow = Flow(naive.chunk, config={"chunk_token_num": tokens, **config}, count=count, carry=carry)
        found += flow.feed(window)
        carry = json.loads(json.dumps(flow.carry))
    assert carry is None
    return found


@settings(max_examples=600, deadline=None)
@given(
    parsed=documents(),
    cuts=st.lists(st.integers(1, 400), max_size=8),
    tokens=st.integers(1, 60),
    delimiter=st.sampled_from(["\n", "\\n", ";.", "`bc`#", "a", ""]),
    count=st.sampled_from([words, characters, jealous]),
)
def test_passages_of_windows_are_those_of_the_whole(parsed, cuts, tokens, delimiter, count):
    whole = passages(parsed, tokens, count=count, delimiter=delimiter)

    assert flowed(windows(parsed, cuts), tokens, count, delimiter=delimiter) == whole


REAL = {
    "md/duck.md": (markdown.windows, 150),
    "md/blocks.md": (markdown.windows, 150),
    "chunk_eval/wikitexts.md": (markdown.windows, 20_000),
    "chunk_eval/finance.md": (text.windows, 20_000),
    "chunk_eval/state_of_the_union.md": (text.windows, 700),
    "chunk_eval/questions_df.csv": (csv.windows, 8_000),
    "csv/csv-comma.csv": (csv.windows, 60),
    "pdf/GeoTopo-komprimiert.pdf": (pdf.windows, 5),
    "pdf/multicolumn.pdf": (pdf.windows, 1),
    "pdf/pdflatex-outline.pdf": (pdf.windows, 1),
    "xlsx/xlsx_01.xlsx": (xlsx.windows, 60),
}


@pytest.mark.parametrize("tokens", [30, 400])
@pytest.mark.parametrize("file", REAL)
def test_passages_of_a_real_document_do_not_tell_its_windows(file, tokens):
    path = DATA / file
    if not path.exists():
        pytest.skip(f"shared document {file} is not here")
    read, size = REAL[file]
    config = {"pages": [[1, 31]]}  # of a PDF
    parsed = whole(read(str(path), name=path.name, config=config, cursor=None, size=1 << 30))
    stretches = list(read(str(path), name=path.name, config=config, cursor=None, size=size))

    found = flowed(stretches, tokens)

    assert len(stretches) > 1
    assert found == passages(parsed, tokens)


def test_rows_of_a_long_table_repeat_its_header_in_every_window():
    parsed = table("name | number", *(f"row {number} | {number}" for number in range(5_000)))

    found = flowed(windows(parsed, range(0, len(parsed.text), 9_000)), 60)

    assert found == passages(parsed, 60)
    assert {passage.content.partition("\n")[0] for passage in found} == {"name | number"}
    assert all(len(passage.spans) == 2 for passage in found[1:])


def test_carry_stays_short_however_long_the_document_is():
    parsed = document(*(("text", prose(f"a{number}x", 90)) for number in range(400)))
    flow, longest, found = Flow(naive.chunk, config={}, count=words), 0, 0

    for window in windows(parsed, range(0, len(parsed.text), 20_000)):
        found += len(flow.feed(window))
        longest = max(longest, len(json.dumps(flow.carry)))
        assert window.cursor is None or found > 0

    assert longest < 20_000


@pytest.mark.parametrize(
    "text_", ["x" * 700_000, " " * 700_000 + "end", "\n" * 700_000 + "end", "字" * 700_000], ids=repr
)
def test_text_without_any_place_to_cut_is_carried_in_part(text_):
    kind = [Block(BlockKind.TEXT, 0, len(text_))] if text_.strip() == text_ else []
    parsed = Parsed(text_, tuple(kind))
    flow = Flow(naive.chunk, config={}, count=words)
    found = []

    for window in windows(parsed, range(0, len(text_), 50_000)):
        found += flow.feed(window)
        assert len(json.dumps(flow.carry, ensure_ascii=False)) < 300_000

    shown = "".join(text_[start:end] for passage in found for start, end in passage.spans)
    assert "".join(shown.split()) == "".join(text_.split())


def test_slides_of_two_windows_are_passages_of_their_own():
    parsed = document(*(("text", f"slide {number}", {"page": number}) for number in (1, 2, 3)))

    found = []
    flow = Flow(presentation.chunk, config={}, count=words)
    for window in windows(parsed, [9]):
        found += flow.feed(window)

    assert [passage.content for passage in found] == ["slide 1", "slide 2", "slide 3"]
    assert [parsed.text[slice(*passage.spans[0])] for passage in found] == ["slide 1", "slide 2", "slide 3"]
