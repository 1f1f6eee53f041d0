"""Render the handbook (docs/handbook) to the sample documents of the demo: `python -m ragsite.demo.render`.

Needs the tools of the test suite (tests/requirements.txt). The same sources give the same bytes, so a sample changes in
version control only when its page does.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from ragsite.demo.formats import letter, pdf, plain_text, records, slides, web_page, word, workbook
from ragsite.demo.handbook import Page, load

HANDBOOK = Path(__file__).resolve().parents[2] / "docs" / "handbook"
SAMPLES = Path(__file__).resolve().parent / "samples"

_RENDERERS: dict[str, Callable[[Page], bytes]] = {
    "csv": records.render_csv,
    "docx": word.render,
    "html": web_page.render,
    "json": records.render_json,
    "pdf": pdf.render,
    "pptx": slides.render,
    "txt": plain_text.render,
    "xlsx": workbook.render,
}

NAMES = (
    "operating.md",
    "concepts.html",
    "faq.html",
    "ingestion.pdf",
    "api-guide.pdf",
    "retrieval.docx",
    "tokens-and-permissions.docx",
    "tour.pptx",
    "limits-and-sizing.xlsx",
    "configuration.csv",
    "error-codes.json",
    "glossary.json",
    "troubleshooting.txt",
    "release-letter.eml",
)
"""The samples; each is rendered from the page of the same stem."""


def source_of(name: str) -> Path:
    """The page that the sample `name` is rendered from."""
    return HANDBOOK / f"{Path(name).stem}.md"


def rendered(name: str) -> bytes:
    """The bytes of the sample `name`."""
    suffix = Path(name).suffix.removeprefix(".")
    page = load(source_of(name))
    if suffix == "md":
        return source_of(name).read_bytes()
    if suffix == "eml":
        return letter.render(page, attached=load(HANDBOOK / "first-week.md"))
    return _RENDERERS[suffix](page)


def render(folder: Path) -> list[Path]:
    """Write every sample into `folder`, made if missing; returns the paths written."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / name for name in NAMES]
    for path in paths:
        path.write_bytes(rendered(path.name))
    return paths


def main() -> None:
    """Render into the folder given on the command line, or into the repository's own."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES
    for path in render(folder):
        print(f"{path.stat().st_size:>8,} bytes  {path}")


if __name__ == "__main__":
    main()
