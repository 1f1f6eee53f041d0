"""Documents drafted in a line or two, token counters, and the passages they give."""

from documents.chunkers.naive import chunk
from documents.parsers.base import Block, BlockKind, Parsed

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


def prose(name, number):
    return " ".join(f"{name}{i}" for i in range(number))
