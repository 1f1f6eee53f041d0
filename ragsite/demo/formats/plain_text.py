"""Plain text: underlined headings, wrapped lines, indented lists."""

from textwrap import fill, indent

from ragsite.demo.handbook import Block, Chain, Code, Heading, Listing, Note, Page, Paragraph, Table, plain

_WIDTH = 88  # characters


def render(page: Page) -> bytes:
    """`page` as UTF-8 text with lines of 88 characters at most."""
    return ("\n\n".join(_block(block) for block in page.blocks) + "\n").encode()


def _block(block: Block) -> str:
    match block:
        case Heading(level, spans):
            text = plain(spans)
            return f"{text}\n{('=' if level == 1 else '-') * len(text)}"
        case Paragraph(spans) | Note(spans):
            return _wrapped(plain(spans))
        case Listing(numbered, items):
            marks = [f"{number}. " if numbered else "- " for number in range(1, len(items) + 1)]
            return "\n".join(_wrapped(plain(item), mark) for mark, item in zip(marks, items, strict=True))
        case Table(_, rows):
            return "\n\n".join(_record([plain(cell) for cell in row]) for row in rows)
        case Code(_, text):
            return indent(text, "    ")
        case Chain(boxes, _):
            return " -> ".join(boxes)


def _wrapped(text: str, mark: str = "") -> str:
    return fill(
        text,
        _WIDTH,
        initial_indent=mark,
        subsequent_indent=" " * len(mark),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _record(cells: list[str]) -> str:
    return "\n".join([cells[0], *(indent(_wrapped(cell), "    ") for cell in cells[1:] if cell)])
