"""The handbook's pages: what they may contain, and that their tables agree with the code."""

import re
from pathlib import Path

import pytest

from ragsite.demo.handbook import Chain, Code, Heading, Listing, Note, Page, Paragraph, Span, Style, Table, load, plain
from ragsite.demo.render import HANDBOOK
from system.errors import Code as ResultCode
from system.errors import FaultCode

SETTINGS = Path(__file__).resolve().parents[3] / "ragsite" / "settings"
INTERNAL = {"RAGSITE_PROCESS"}  # `manage.py up` sets it for its children; nobody else should


def page(tmp_path: Path, text: str) -> Page:
    path = tmp_path / "page.md"
    path.write_text(text, encoding="utf-8")
    return load(path)


def column(name: str, *, section: str, index: int = 0) -> list[str]:
    """The cells of a column of the table in a section of a page of the handbook."""
    blocks = dict(load(HANDBOOK / name).sections())[section]
    return [plain(row[index]) for block in blocks if isinstance(block, Table) for row in block.rows]


def test_every_kind_of_block_is_read(tmp_path):
    text = (
        "# Title\n\nOne *two*\n**three** `four`\n\n> aside\n\n1. a\n2. b\n\n- c\n\n| h |\n|---|\n| v |\n\n"
        "```sh\nls\n```\n\n```mermaid\nflowchart LR\n  A[x] -->|go| B[y]\n```\n"
    )

    blocks = page(tmp_path, text).blocks

    cell = (Span("v"),)
    assert blocks == (
        Heading(1, (Span("Title"),)),
        Paragraph(
            (
                Span("One "),
                Span("two", Style.EMPHASIS),
                Span(" "),
                Span("three", Style.STRONG),
                Span(" "),
                Span("four", Style.CODE),
            )
        ),
        Note((Span("aside"),)),
        Listing(True, ((Span("a"),), (Span("b"),))),
        Listing(False, ((Span("c"),),)),
        Table(((Span("h"),),), ((cell,),)),
        Code("sh", "ls"),
        Chain(("x", "y"), ("go",)),
    )


def test_sections_follow_the_second_level_headings(tmp_path):
    sections = list(page(tmp_path, "# T\n\nlead\n\n## A\n\none\n\n### deep\n\n## B\n\ntwo\n").sections())

    assert [(name, len(blocks)) for name, blocks in sections] == [("T", 1), ("A", 2), ("B", 1)]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("# T\n\n![picture](a.png)\n", 3, id="image"),
        pytest.param("# T\n\n[link](a.md)\n", 3, id="link"),
        pytest.param("# T\n\n- a\n  - b\n", 4, id="nested list"),
        pytest.param("# T\n\n- a\n\n  b\n", 5, id="two paragraphs in an item"),
        pytest.param("# T\n\n---\n", 3, id="rule"),
        pytest.param("# T\n\n<b>x</b>\n", 3, id="html"),
        pytest.param("# T\n\n```mermaid\nflowchart LR\n  A --- B\n```\n", 3, id="figure that is no chain"),
    ],
)
def test_what_a_format_could_not_show_is_refused_with_file_and_line(tmp_path, text, line):
    with pytest.raises(ValueError, match=rf"^page\.md:{line}: .* cannot be rendered"):
        page(tmp_path, text)


def test_configuration_table_names_exactly_the_variables_that_the_settings_read():
    code = "".join(path.read_text(encoding="utf-8") for path in SETTINGS.glob("*.py"))
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z0-9_]+)"', code))

    documented = column("configuration.md", section="Configuration")

    assert sorted(documented) == sorted(read - INTERNAL)


def test_code_table_names_exactly_the_result_codes():
    documented = column("error-codes.md", section="Result codes")

    assert sorted(map(int, documented)) == sorted(ResultCode)


def test_fault_table_names_exactly_the_faults_of_documents():
    documented = column("error-codes.md", section="Faults of documents")

    assert sorted(documented) == sorted(value for name, value in vars(FaultCode).items() if name.isupper())
