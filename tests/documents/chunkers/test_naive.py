from itertools import pairwise
from pathlib import Path

import pytest
import semchunk
from hypothesis import given, settings
from hypothesis import strategies as st

from documents.chunkers.cuts import character_ends
from documents.chunkers.naive import chunk
from documents.parsers.base import Block, BlockKind, Parsed
from system.errors import DocumentFault
from tests.documents.chunkers.drafts import characters, contents, document, documents, jealous, passages, words

CORPORA = Path(__file__).resolve().parents[4] / "shared/data/retrieval/chroma-chunking/corpora"


def test_short_text_is_one_passage_and_its_content_the_slice():
    parsed = document(("text", "  One line.\n"))

    (passage,) = passages(parsed)

    assert passage.content == "One line."
    assert passage.spans == ((2, 11),)
    assert (passage.tokens, passage.headings, passage.positions, passage.kind) == (2, (), (), "text")


@pytest.mark.parametrize("text", ["", " \n\t \n", "\u3000"], ids=["empty", "blank", "wide blank"])
def test_blank_text_gives_no_passage(text):
    assert passages(Parsed(text=text, blocks=())) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [("chunk_token_num", value) for value in (0, 2049, -1, "512", 1.5, True)] + [("delimiter", 3)],
)
def test_configuration_out_of_range_is_refused(key, value):
    with pytest.raises(DocumentFault, match=f"{key}.*parse again"):
        list(chunk(document(("text", "a")), config={key: value}, count=words))


@settings(max_examples=400, deadline=None)
@given(
    parsed=documents(),
    tokens=st.integers(1, 60),
    delimiter=st.sampled_from(["\n", "\\n", ";.", "`bc`#", "a", ""]),
    count=st.sampled_from([words, characters, jealous]),
)
def test_every_character_appears_once_in_order_within_the_cap(parsed, tokens, delimiter, count):
    text = parsed.text

    found = passages(parsed, tokens, count=count, delimiter=delimiter)

    own = [passage.spans[-1] for passage in found]
    assert all(left[1] <= right[0] for left, right in pairwise(own))
    assert "".join("".join(text[start:end] for start, end in own).split()) == "".join(text.split())
    for passage in found:
        assert passage.content == "\n".join(text[start:end] for start, end in passage.spans)
        assert passage.content == passage.content.strip() != ""
        assert passage.tokens == count([passage.content])[0]
        assert passage.tokens <= tokens or not list(character_ends(text, *passage.spans[-1], 1))
        assert len(passage.spans) == 1 or passage.kind == "table"
    assert found == passages(parsed, tokens, count=count, delimiter=delimiter)


@pytest.mark.skipif(not CORPORA.is_dir(), reason="shared/data/retrieval/chroma-chunking is not beside the checkout")
def test_a_header_of_blank_cells_is_not_repeated():
    text = "\n;;;\n;;;;\n"
    table = Block(BlockKind.TABLE, 0, 10, rows=((0, 0), (1, 4), (5, 9)), header_rows=1)

    passages = list(chunk(Parsed(text=text, blocks=(table,)), config={"chunk_token_num": 8}, count=characters))

    assert "".join(passage.content for passage in passages).count(";") == 7
    assert all(text[start:end].strip() for passage in passages for start, end in passage.spans)


def test_passages_of_real_text_agree_with_semchunk_on_words():
    for path in sorted(CORPORA.glob("*.md")):
        text = path.read_bytes().decode()
        oracle = semchunk.chunkerify(lambda text: len(text.split()), 300)

        found = contents(Parsed(text=text, blocks=()), 300)

        assert " ".join(found).split() == " ".join(oracle(text)).split()
        assert len(found) <= len(oracle(text))
