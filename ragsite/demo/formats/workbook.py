"""XLSX: a sheet for each table of the page, named after its section."""

import io

import xlsxwriter  # type: ignore[import-untyped]

from ragsite.demo.formats.archive import EDITION
from ragsite.demo.handbook import Page, Table, plain


def render(page: Page) -> bytes:
    """`page` as a workbook: tables only. Raises `ValueError` where a sheet would have two tables."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": page.title, "author": "Ragsite", "created": EDITION.replace(tzinfo=None)})
    head = book.add_format({"bold": True, "bg_color": "#ECF5F3", "bottom": 1, "text_wrap": True, "valign": "top"})
    body = book.add_format({"text_wrap": True, "valign": "top", "align": "left"})
    for name, blocks in page.sections():
        tables = [block for block in blocks if isinstance(block, Table)]
        if len(tables) > 1:
            raise ValueError(f"{page.source}: section {name!r} has {len(tables)} tables, a sheet holds one")
        for table in tables:
            _sheet(book.add_worksheet(name), table, head=head, body=body)
    book.close()
    return target.getvalue()


def _sheet(sheet: "xlsxwriter.worksheet.Worksheet", table: Table, *, head: object, body: object) -> None:
    cells = [[plain(cell) for cell in row] for row in (table.header, *table.rows)]
    for y, row in enumerate(cells):
        for x, text in enumerate(row):
            value = int(text) if text.isdecimal() else text
            sheet.write(y, x, value, head if y == 0 else body)
    for x in range(len(table.header)):
        sheet.set_column(x, x, min(60, 2 + max(len(row[x]) for row in cells)))
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, len(cells) - 1, len(table.header) - 1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
