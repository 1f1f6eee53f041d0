import pytest

from system.errors import DocumentFault, FaultCode

PAGE = """<!DOCTYPE html><html><head><title>The
 page</title><style>p {}</style></head><body>
<script>alert(1)</script>
<h1>Install <em>now</em></h1>
<p>One<br>two   three
four</p>
loose text
<ol start="3"><li>third</li><li>fourth <ul><li>deep</li></ul></li></ol>
<div hidden>unseen</div><p style="display: none">unseen</p><p aria-hidden="true">unseen</p>
<ul style="visibility:hidden"><li>unseen</li></ul>
<pre>  a
    b</pre>
<table><caption>Numbers</caption><thead><tr><th>a</th><th>b</th></tr></thead>
<tr><td>1</td><td><p>x</p><p>y</p></td></tr></table>
<table><tr><td><h2>Layout</h2>only arranges</td><td>two</td></tr></table>
<img src="http://example.com/x.png" alt="picture">
</body></html>"""


def test_blocks_of_a_page(parse_bytes, shape):
    parsed = parse_bytes(PAGE, "a.html")

    assert shape(parsed) == [
        ("heading", 1, "Install now"),
        ("text", 0, "One\ntwo three four"),
        ("text", 0, "loose text"),
        ("list_item", 1, "3. third"),
        ("list_item", 1, "4. fourth"),
        ("list_item", 2, "- deep"),
        ("code", 0, "  a\n    b"),
        ("text", 0, "Numbers"),
        ("table", 0, "a | b\n1 | x y"),
        ("heading", 2, "Layout"),
        ("text", 0, "only arranges"),
        ("text", 0, "two"),
    ]
    assert parsed.title == "The page"
    assert [block.header_rows for block in parsed.blocks if block.kind == "table"] == [1]


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [("utf-8", "utf-8"), ("iso-8859-1", "cp1252"), ("gb2312", "gb18030"), ("nonsense", "utf-8")],
)
def test_declared_encoding_is_followed(parse_bytes, declared, encoding):
    page = f'<meta charset="{declared}"><p>“¿Größe?”</p>'
    page = page.replace("“¿Größe?”", "中文字") if encoding == "gb18030" else page

    assert parse_bytes(page.encode(encoding), "a.htm").text in ("“¿Größe?”", "中文字")


def test_elements_nested_too_deeply_are_too_large(parse_bytes):
    with pytest.raises(DocumentFault, match="256 levels") as caught:
        parse_bytes("<div>" * 200_000 + "x", "a.html")

    assert caught.value.fault == FaultCode.TOO_LARGE


@pytest.mark.parametrize(
    "page", ["", "   ", "<!-- only -->", "<html></html>"], ids=["empty", "blank", "comment", "tags"]
)
def test_page_without_text_has_no_blocks(parse_bytes, page):
    assert parse_bytes(page, "a.html").blocks == ()


def test_entities_are_never_expanded(parse_bytes, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("canary")
    page = f'<!DOCTYPE x [<!ENTITY f SYSTEM "file://{secret}">]><p>text &f; tail</p>'

    assert "canary" not in parse_bytes(page, "a.html").text


def test_real_page_has_its_headings_and_tables(parse_file):
    parsed = parse_file("html/html_rich_table_cells.html")

    assert parsed.title == "Rich Table Cells in HTML"
    assert "Wood Duck" in parsed.text
    assert sum(block.kind == "table" for block in parsed.blocks) >= 4


def test_long_real_page_keeps_its_outline(parse_file, shape):
    headings = [text for kind, _, text in shape(parse_file("html/wiki_duck.html")) if kind == "heading"]

    assert {"Etymology", "Taxonomy", "Morphology", "Behaviour"} <= set(headings)
