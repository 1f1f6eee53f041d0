"""Documents drafted in a line or two, token counters, and the passages they give."""

from itertools import pairwise

from hypothesis import strategies as st

from documents.chunkers.naive import chunk
from documents.chunkers.pieces import Outline, tiles
from documents.parsers.base import Block, BlockKind, Parsed, Window
from documents.parsers.blocks import clipped, moved

ROWS = [f"row{number} | {number}" for number in range(40)]


def words(texts):
    return [len(text.split()) for text in texts]


def characters(texts):
    return [len(text) for text in texts]


def framed(texts):
    """Like a tokenizer that adds [CLS] and [SEP]."""
    return [2 + len(text.split()) for text in texts]


def jealous(texts):
    """A counter whose joined texts weigh more than their parts."""
    return [len(text.split()) + len(text.split()) // 4 for text in texts]


class Recorder:
    """Counts words, and how often and how much it was asked."""

    def __init__(self):
        self.calls = 0
        self.characters = 0
        self.longest = 0

    def __call__(self, texts):
        self.calls += 1
        self.characters += sum(map(len, texts))
        self.longest = max(self.longest, *map(len, texts))
        return words(texts)


def document(*parts, gap="\n\n"):
    """A parsed document of (kind, text) or (kind, text, options of Block)."""
    text, blocks = "", []
    for kind, content, *options in parts:
        text += gap if text else ""
        blocks.append(Block(BlockKind(kind), len(text), len(text) + len(content), **(options[0] if options else {})))
        text += content
    return Parsed(text=text, blocks=tuple(blocks))


def table(*rows, header=1):
    """A document of one table, a row a line."""
    text, spans = "", []
    for row in rows:
        text += "\n" if text else ""
        spans.append((len(text), len(text) + len(row)))
        text += row
    return Parsed(text=text, blocks=(Block(BlockKind.TABLE, 0, len(text), rows=tuple(spans), header_rows=header),))


def passages(parsed, tokens=512, count=words, **config):
    return list(chunk(parsed, config={"chunk_token_num": tokens, **config}, count=count))


def contents(parsed, tokens=512, **config):
    return [passage.content for passage in passages(parsed, tokens, **config)]


def pieces(parsed):
    """The pieces of a document at their coarsest."""
    outline = Outline()
    for tile in tiles(parsed):
        piece, outline = outline.enter(tile, parsed.text)
        yield piece


def prose(name, number):
    return " ".join(f"{name}{i}" for i in range(number))


def windows(parsed, cuts):
    """A document in windows that end at the offsets `cuts`; inside a table each is moved to the start of a row."""
    ends = {
        min((row for row, _ in block.rows if row >= cut), default=block.end)
        for cut in cuts
        for block in parsed.blocks
        if block.start < cut < block.end and block.rows
    }
    ends |= {cut for cut in cuts if not any(block.start < cut < block.end and block.rows for block in parsed.blocks)}
    edges = sorted({0, *(end for end in ends if 0 < end < len(parsed.text)), len(parsed.text)})
    for start, end in pairwise(edges) if len(edges) > 1 else [(0, 0)]:
        blocks = [clipped(block, start, end) for block in parsed.blocks if block.start < end and block.end > start]
        yield Window(
            Parsed(parsed.text[start:end], tuple(moved(block, -start) for block in blocks)),
            cursor=None if end == len(parsed.text) else {"at": end},
            continues=any(block.start < start < block.end for block in parsed.blocks),
        )


TEXTS = st.text(alphabet=st.sampled_from("abc .\n。字é\u0301;#\t👩\u200d"), max_size=120)


@st.composite
def documents(draw):
    text, blocks = "", []
    for kind in draw(st.lists(st.sampled_from(BlockKind), max_size=12)):
        text += draw(st.sampled_from(["", "\n", "\n\n", " stray ", " " * 30]))
        start, rows = len(text), []
        for _ in range(draw(st.integers(1, 5)) if kind is BlockKind.TABLE else 1):
            row = len(text)
            text += draw(TEXTS)
            rows.append((row, len(text)))
            text += "\n" if kind is BlockKind.TABLE else ""
        blocks.append(
            Block(
                kind,
                start,
                len(text),
                level=draw(st.integers(1, 6)) if kind in (BlockKind.HEADING, BlockKind.LIST_ITEM) else 0,
                rows=tuple(rows) if kind is BlockKind.TABLE else (),
                header_rows=draw(st.integers(0, 2)) if kind is BlockKind.TABLE else 0,
            )
        )
    return Parsed(text=text + draw(TEXTS), blocks=tuple(blocks))
