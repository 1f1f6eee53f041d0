"""A changed text is cut where it was cut before, as far as it is the same; the same text is cut the same."""

import random

import pytest

from documents.chunkers import naive
from documents.chunkers.holding import Hold
from documents.chunkers.landmarks import Landmarks
from documents.parsers.base import Block, BlockKind, Parsed
from documents.parsers.text import paragraphs

CONFIG = {"chunk_token_num": 100}
WORDS = ["otter", "swims", "far", "and", "wide"]


def count(texts):
    return [len(text.split()) for text in texts]


def prose(number, seed=1):
    """Short paragraphs without headings, of 3 to 30 words."""
    rng = random.Random(seed)
    return [f"P{seed}-{n} " + " ".join(rng.choices(WORDS, k=rng.randint(2, 29))) for n in range(number)]


def cut(texts, landmarks=None):
    text = "\n\n".join(texts)
    parsed = Parsed(text, tuple(Block(BlockKind.TEXT, start, end) for start, end in paragraphs(text)))
    return list(naive.chunk(parsed, config=CONFIG, count=count, hold=Hold(landmarks=landmarks)))


def landmarks(passages):
    return Landmarks([passage.beginning for passage in passages])


def changed(before, after):
    """How many passages are not as they were."""
    known = {passage.content for passage in before}
    return sum(passage.content not in known for passage in after)


TEXT = prose(1500)


@pytest.mark.parametrize(
    ("text", "most"),
    [
        pytest.param([*TEXT[:10], "An insertion of a few words.", *TEXT[10:]], 2, id="a paragraph inserted"),
        pytest.param([*TEXT[:10], *TEXT[11:]], 2, id="a paragraph deleted"),
        pytest.param([*TEXT[:10], *prose(60, seed=2), *TEXT[10:]], 16, id="pages inserted"),
        pytest.param([*TEXT[:10], *TEXT[70:]], 3, id="pages deleted"),
        pytest.param([*TEXT[:10], *prose(60, seed=2), *TEXT[70:]], 17, id="pages replaced"),
        pytest.param([*TEXT[:10], TEXT[10] + " and wider", *TEXT[11:]], 2, id="words added"),
    ],
)
def test_an_edit_changes_the_passages_around_it_and_no_others(text, most):
    before = cut(TEXT)

    after = cut(text, landmarks(before))

    assert len(before) > 200
    assert changed(before, after) <= most


def test_without_landmarks_an_insertion_may_shift_what_follows():
    before = cut(TEXT)

    after = cut([*TEXT[:10], "An insertion of a few words.", *TEXT[10:]])

    assert changed(before, after) > 2


@pytest.mark.parametrize("seed", range(3))
def test_the_same_text_is_cut_the_same(seed):
    before = cut(prose(300, seed))

    assert cut(prose(300, seed), landmarks(before)) == before


def test_no_passage_is_larger_than_it_may_be_nor_is_text_lost():
    before = cut(TEXT)
    text = [*TEXT[:10], *prose(30, seed=3), *TEXT[5:]]

    after = cut(text, landmarks(before))

    assert max(passage.tokens for passage in after) <= CONFIG["chunk_token_num"]
    assert "".join("".join(passage.content.split()) for passage in after) == "".join("".join(text).split())


def test_landmarks_know_what_they_were_given():
    marks = Landmarks([5, -(1 << 63), 5, (1 << 63) - 1])

    assert [marks.has(value) for value in (5, -(1 << 63), (1 << 63) - 1, 6, 0)] == [True, True, True, False, False]
    assert not Landmarks([]).has(1)
