"""What every search engine offers: questions in, chunks with raw scores out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

WINDOW, WIDEST = 128, 1024
"""Candidates of each kind (lexical, dense) that a search takes unless told otherwise, and at most."""


@dataclass(frozen=True, slots=True)
class Query:
    """A question to some datasets of one embedding space (or of none yet)."""

    terms: Mapping[str, Sequence[str]]
    """Terms of the question for every searched dataset (by id): their languages may differ. Without repeats."""
    vector: npt.NDArray[np.float32] | None = None
    """The embedded question, L2-normalised; None: lexical search only."""
    space_id: int | None = None
    """The space `vector` is of."""
    document_ids: Sequence[str] | None = None
    """Search only chunks of these documents; None: of all. An empty list finds nothing."""
    chunks: int = 0
    """About how many chunks are in scope; decides between exact and approximate search, never what is found."""
    lexical: int = WINDOW
    """At most so many chunks with the highest term scores."""
    dense: int = WINDOW
    """At most so many chunks with the highest cosine."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk with its raw scores and all that an answer shows of it."""

    chunk_id: str
    document_id: str
    document_name: str
    kb_id: str
    content: str
    keywords: Sequence[str]
    questions: Sequence[str]
    positions: Sequence[Sequence[int]]
    kind: str
    pagerank: float
    """Of its dataset, 0..100."""
    term: float
    """BM25 over the sum of idf of the question's terms, 0..1; 0: no term of the question in it."""
    cosine: float | None
    """Of question and chunk, -1..1; None where either has no vector."""


@dataclass(frozen=True, slots=True)
class Found:
    """The union of both lists of candidates, unordered. Every hit has both scores, whichever list it came by."""

    hits: Sequence[Hit]
    exact: bool = True
    """Whether the lexical list is that of an exhaustive search (approximate only in very large datasets)."""


class Engine(Protocol):
    """A search engine.

    Only available chunks of enabled, living documents of living datasets are candidates; this is part of the search,
    not a filter on its result. One round trip for an ordinary question. Raises `system.errors.Unavailable` where
    trying again may help.
    """

    def search(self, query: Query) -> Found:
        """Candidates for `query`."""
