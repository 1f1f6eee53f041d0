import pytest

from documents.chunkers import chunker_for
from documents.parsers.base import Block, BlockKind, Parsed


def words(texts):
    return [len(text.split()) for text in texts]


@pytest.fixture
def slides():
    text = "Roots\n\nTrees have roots.\n\nLeaves\n\nLeaves are green and there are many of them."
    return Parsed(
        text=text,
        blocks=(
            Block(BlockKind.HEADING, 0, 5, level=1, page=1),
            Block(BlockKind.TEXT, 7, 24, page=1),
            Block(BlockKind.HEADING, 26, 32, level=1, page=2),
            Block(BlockKind.TEXT, 34, len(text), page=2),
        ),
        pages=2,
    )


def test_each_slide_is_a_passage_with_its_page(slides):
    passages = list(chunker_for("presentation")(slides, config={}, count=words))

    assert [passage.content.split("\n")[0] for passage in passages] == ["Roots", "Leaves"]
    assert [passage.positions[0][0] for passage in passages] == [1, 2]


def test_spans_are_those_of_the_whole_text(slides):
    passages = list(chunker_for("presentation")(slides, config={}, count=words))

    for passage in passages:
        (start, end), *_ = passage.spans
        assert slides.text[start:end] == passage.content


def test_a_slide_above_the_budget_is_cut(slides):
    passages = list(chunker_for("presentation")(slides, config={"chunk_token_num": 5}, count=words))

    assert len(passages) > 2
    assert all(passage.tokens <= 5 for passage in passages)
