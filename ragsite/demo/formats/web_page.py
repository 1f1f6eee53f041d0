"""HTML: one self-contained, styled file."""

from html import escape

from ragsite.demo.handbook import (
    Block,
    Chain,
    Code,
    Heading,
    Listing,
    Note,
    Page,
    Paragraph,
    Spans,
    Style,
    Table,
    plain,
)

_TAGS = {Style.STRONG: "strong", Style.EMPHASIS: "em", Style.CODE: "code"}

_CSS = """
:root { color-scheme: light dark; }
body { font: 17px/1.6 Georgia, "Times New Roman", serif; max-width: 42rem; margin: 3rem auto; padding: 0 1.25rem; }
h1, h2, h3 { font-family: system-ui, sans-serif; line-height: 1.2; text-wrap: balance; }
h1 { font-size: 2rem; border-bottom: 3px solid #0f766e; padding-bottom: .4rem; }
h2 { font-size: 1.25rem; margin-top: 2.2rem; }
code, pre { font: .9em/1.5 ui-monospace, Menlo, Consolas, monospace; }
pre { padding: 1rem; border: 1px solid #8884; border-radius: 6px; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .95rem; }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid #8886; }
blockquote { margin: 1rem 0; padding-left: 1rem; border-left: 3px solid #8886; }
footer { margin-top: 3rem; font: .85rem system-ui, sans-serif; opacity: .7; }
""".strip()


def render(page: Page) -> bytes:
    """`page` as an HTML document, UTF-8."""
    body = "\n".join(_block(block) for block in page.blocks)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(page.title)}</title>\n<style>\n{_CSS}\n</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n"
        "<footer>From the handbook of Ragsite</footer>\n</body>\n</html>\n"
    ).encode()


def markup(spans: Spans) -> str:
    """`spans` as escaped HTML."""
    return "".join(
        f"<{tag}>{escape(span.text)}</{tag}>" if (tag := _TAGS.get(span.style)) else escape(span.text) for span in spans
    )


def _block(block: Block) -> str:
    match block:
        case Heading(level, spans):
            anchor = "-".join(plain(spans).lower().replace(":", "").split())
            return f'<h{level} id="{escape(anchor)}">{markup(spans)}</h{level}>'
        case Paragraph(spans):
            return f"<p>{markup(spans)}</p>"
        case Note(spans):
            return f"<blockquote><p>{markup(spans)}</p></blockquote>"
        case Listing(numbered, items):
            tag = "ol" if numbered else "ul"
            return f"<{tag}>\n" + "\n".join(f"<li>{markup(item)}</li>" for item in items) + f"\n</{tag}>"
        case Table(header, rows):
            body = "\n".join(_row(row, "td") for row in rows)
            return f"<table>\n<thead>\n{_row(header, 'th')}\n</thead>\n<tbody>\n{body}\n</tbody>\n</table>"
        case Code(_, text):
            return f"<pre><code>{escape(text)}</code></pre>"
        case Chain(boxes, _):
            return f"<p>{escape(', then '.join(boxes))}</p>"


def _row(cells: tuple[Spans, ...], tag: str) -> str:
    return "<tr>" + "".join(f"<{tag}>{markup(cell)}</{tag}>" for cell in cells) + "</tr>"
