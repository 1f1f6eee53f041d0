import pytest

from tests.documents.chunkers.drafts import (
    Recorder,
    characters,
    contents,
    document,
    framed,
    jealous,
    passages,
    prose,
    words,
)


@pytest.mark.parametrize("count", [words, characters, framed, jealous])
@pytest.mark.parametrize("tokens", [4, 20, 128])
def test_cap_holds_for_the_joined_text(count, tokens):
    parsed = document(
        ("heading", "Heading", {"level": 1}), *(("text", prose("word", size)) for size in (3, 50, 7, 400))
    )

    found = passages(parsed, tokens, count=count)

    assert [passage.tokens for passage in found] == count([passage.content for passage in found])
    assert max(passage.tokens for passage in found) <= tokens


def test_word_of_any_length_does_not_pass_for_one_token():
    found = contents(document(("text", "x" * 100_000)), 10)

    assert "".join(found) == "x" * 100_000
    assert max(map(len, found)) <= 320


def test_character_heavier_than_the_cap_stands_alone():
    assert contents(document(("text", "ab")), 1, count=lambda texts: [3 * len(text) for text in texts]) == ["a", "b"]


@pytest.mark.parametrize(
    "text",
    [prose("w", 200_000), "x" * 1_000_000, "Two words. " * 100_000, "line\n" * 200_000, "字" * 1_000_000],
    ids=["words", "one word", "sentences", "lines", "ideographs"],
)
def test_work_is_linear_in_the_text(text):
    counter = Recorder()

    found = passages(document(("text", text)), 512, count=counter)

    assert counter.characters <= 5 * len(text)
    assert counter.calls <= 16 + len(found) / 32
    assert counter.longest <= 32 * 512


def test_many_small_blocks_need_few_calls():
    counter = Recorder()

    found = passages(document(*(("text", prose("w", 20)) for _ in range(20_000))), 100, count=counter)

    assert counter.calls <= 16 + len(found) / 32
