"""Texts to what their lexical rows hold: the words that find a chunk, and what each weighs (BM25F, see `weighing`)."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection
from pgvector import SparseVector

from knowledgebases.lexical import statistics, tokenizer, weighing
from knowledgebases.lexical.weighing import Weighted

_PORTIONS = ["gin_pending_list_limit", "work_mem"]


@dataclass(frozen=True, slots=True)
class Text:
    """All that a chunk is found by, field by field."""

    content: str
    title: str = ""
    headings: Sequence[str] = ()
    keywords: Sequence[str] = ()
    questions: Sequence[str] = ()

    def weigh(self, language: str) -> Weighted:
        """Its terms, each field with the weight it has."""
        fields: list[tuple[float, Sequence[str]]] = [
            (weighing.CONTENT, [self.content]),
            (weighing.TITLE, [self.title]),
            (weighing.HEADINGS, self.headings),
            (weighing.KEYWORDS, self.keywords),
            (weighing.QUESTIONS, self.questions),
        ]
        return weighing.weigh(fields, language)


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a lexical row, but for whose it is."""

    length: int
    terms: list[int]
    weights: SparseVector


def columns(weighted: Weighted, *, kb_id: str, average: float) -> Columns:
    """What the row of a text of dataset `kb_id` holds, beside chunks of `average` length."""
    weights: dict[int, float] = {}
    for term, weight in weighted.saturated(average).items():
        dimension = tokenizer.dimension(term)
        weights[dimension] = weights.get(dimension, 0.0) + weight
    return Columns(
        length=round(weighted.length),
        terms=sorted({tokenizer.salted(term, kb_id) for term in weighted.frequencies}),
        weights=SparseVector(weights, tokenizer.DIMENSIONS),
    )


@contextmanager
def in_bulk() -> Iterator[None]:
    """Write very many rows within a transaction: the index takes new words in fewer, larger portions.

    At 4 MB, the default, each portion goes through most of an index that does not fit the server's buffers. Searches
    would read what waits from end to end, so that it is worked in before the transaction ends.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(name, '64MB', true) FROM unnest(%s::text[]) AS name", [_PORTIONS])
        yield
        cursor.execute("SELECT gin_clean_pending_list('lexical_row_terms')")


def average_beside(kb_id: str, *, chunks: int, length: float) -> float:
    """Mean length of the indexed chunks of a dataset and of `chunks` more, `length` long together."""
    known = statistics.totals(kb_id)
    return weighing.average_length(known.chunks + chunks, known.length + length)


def average_with(kb_id: str, weighted: Collection[Weighted]) -> float:
    """Mean length of the indexed chunks of a dataset and of some more."""
    return average_beside(kb_id, chunks=len(weighted), length=sum(item.length for item in weighted))


def mark(title: str, language: str) -> str:
    """Digest of what else than its own text decides the terms of a parsed chunk."""
    return _digest([title, *tokenizer.stemming(language)])


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
