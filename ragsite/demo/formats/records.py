"""CSV and JSON: the tables of a page as data."""

import csv
import io
import json

from ragsite.demo.handbook import Page, Table, plain


def render_csv(page: Page) -> bytes:
    """The page's only table, header first, as UTF-8 with CRLF line ends (RFC 4180)."""
    [table] = (block for block in page.blocks if isinstance(block, Table))
    target = io.StringIO(newline="")
    writer = csv.writer(target)
    writer.writerows([plain(cell) for cell in row] for row in (table.header, *table.rows))
    return target.getvalue().encode()


def render_json(page: Page) -> bytes:
    """An object of the page's title and, for each section with a table, a list of one object a row."""
    data: dict[str, object] = {"title": page.title}
    for name, blocks in page.sections():
        for block in blocks:
            if isinstance(block, Table):
                keys = [plain(cell).lower() for cell in block.header]
                data[name.lower()] = [dict(zip(keys, map(plain, row), strict=True)) for row in block.rows]
    return (json.dumps(data, indent=2, ensure_ascii=False) + "\n").encode()
