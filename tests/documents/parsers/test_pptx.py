import pytest
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from system.errors import DocumentFault, FaultCode


@pytest.fixture
def deck(tmp_path):
    presentation = Presentation()
    presentation.core_properties.title = "Deck"
    first = presentation.slides.add_slide(presentation.slide_layouts[1])
    first.shapes.title.text = "First\vslide"
    body = first.placeholders[1].text_frame
    body.text = "one"
    nested = body.add_paragraph()
    nested.text, nested.level = "deeper", 1
    first.notes_slide.notes_text_frame.text = "Say hello"
    second = presentation.slides.add_slide(presentation.slide_layouts[6])
    low = second.shapes.add_textbox(Inches(1), Inches(5), Inches(3), Inches(1))
    low.text_frame.text = "below"
    group = second.shapes.add_group_shape()
    high = group.shapes.add_textbox(Inches(1), Inches(0.5), Inches(3), Inches(1))
    high.text_frame.text = "above"
    table = second.shapes.add_table(2, 2, Inches(1), Inches(2), Inches(4), Inches(1)).table
    for at, text in enumerate(("a", "b", "1", "2")):
        table.cell(at // 2, at % 2).text = text
    data = CategoryChartData()
    data.categories = ["East", "West"]
    data.add_series("Sales", (1.5, 2))
    second.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, Inches(1), Inches(6), Inches(4), Inches(2), data)
    presentation.save(tmp_path / "deck.pptx")
    return tmp_path / "deck.pptx"


def test_slides_in_reading_order(parse_file, shape, deck):
    parsed = parse_file(deck)

    assert shape(parsed) == [
        ("heading", 1, "First slide"),
        ("list_item", 1, "- one"),
        ("list_item", 2, "- deeper"),
        ("text", 0, "Notes: Say hello"),
        ("text", 0, "above"),
        ("table", 0, "a | b\n1 | 2"),
        ("text", 0, "below"),
        ("table", 0, " | Sales\nEast | 1.5\nWest | 2"),
    ]
    assert [block.page for block in parsed.blocks] == [1, 1, 1, 1, 2, 2, 2, 2]
    assert (parsed.pages, parsed.title) == (2, "Deck")


@pytest.mark.parametrize("keep", [0.2, 0.95])
def test_truncated_presentation_is_corrupt(parse_bytes, deck, keep):
    data = deck.read_bytes()

    with pytest.raises(DocumentFault) as caught:
        parse_bytes(data[: int(len(data) * keep)], "a.pptx")

    assert caught.value.fault == FaultCode.CORRUPT


@pytest.mark.parametrize("name", ["bad_text", "comments", "issue_2663", "malformed_pictures"])
def test_real_presentations_are_read(parse_file, name):
    parsed = parse_file(f"pptx/powerpoint_{name}.pptx")

    assert parsed.blocks
    assert parsed.warnings == ()
