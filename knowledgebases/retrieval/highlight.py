"""Shows why a chunk was found: the sentences that hold terms of the question, with those marked."""

import html
import re
from collections.abc import Collection

from knowledgebases.lexical import tokenizer

OPEN, CLOSE, ELLIPSIS = "<em>", "</em>", "..."
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？；])|\n+")


def highlight(text: str, terms: Collection[str], language: str = "English") -> str | None:
    """HTML of the sentences of `text` that hold one of `terms`, those in `<em>`; None where there is none.

    Clients put this into pages, so the text is escaped: our marks are the only tags in it.
    """
    wanted = _telling(terms)
    parts = []
    for sentence in filter(None, map(str.strip, _SENTENCE.split(text))):
        marked = tokenizer.marked(sentence, language)
        if spans := [(start, end) for start, end, given in marked if not wanted.isdisjoint(given)]:
            parts.append(_mark(sentence, spans))
    return ELLIPSIS.join(parts) or None


def plain(text: str) -> str:
    """`text` as HTML without marks."""
    return html.escape(text, quote=False)


def _telling(terms: Collection[str]) -> set[str]:
    """`terms` without the single characters that pairs of the question hold: 的 alone would mark every sentence."""
    covered = {character for term in terms if len(term) > 1 and not term.isascii() for character in term}
    return {term for term in terms if term not in covered}


def _mark(text: str, spans: list[tuple[int, int]]) -> str:
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and merged[-1][1] == start:  # neighbouring characters are one mark
            start = merged.pop()[0]
        merged.append((start, end))
    pieces, done = [], 0
    for start, end in merged:
        pieces += [plain(text[done:start]), OPEN, plain(text[start:end]), CLOSE]
        done = end
    return "".join([*pieces, plain(text[done:])])
