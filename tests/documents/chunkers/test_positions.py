from documents.parsers.base import Block, BlockKind, Line, Parsed
from tests.documents.chunkers.drafts import document, passages, prose


def test_positions_are_the_boxes_of_the_lines_covered():
    text = "\n".join(prose(f"l{number}-", 10) for number in range(8))
    lines, offset = [], 0
    for number, line in enumerate(text.split("\n")):
        page, top = 1 + number // 4, 100.5 + 20 * (number % 4)
        lines.append(Line(offset, offset + len(line), page, 50.2, 300.7 + number, top, top + 10.2))
        offset += len(line) + 1
    parsed = Parsed(text=text, blocks=(Block(BlockKind.TEXT, 0, len(text), page=1, lines=tuple(lines)),), pages=2)

    whole = passages(parsed, 80)
    parts = passages(parsed, 20)

    assert [passage.positions for passage in whole] == [((1, 50, 304, 100, 171), (2, 50, 308, 100, 171))]
    assert parts[0].positions[0][:4] == (1, 50, 302, 100)


def test_block_without_lines_is_placed_on_its_page_once():
    parsed = document(("text", "a", {"page": 3}), ("text", "b", {"page": 3}), ("text", "c", {"page": 4}))

    assert passages(parsed)[0].positions == ((3, 0, 0, 0, 0), (4, 0, 0, 0, 0))
