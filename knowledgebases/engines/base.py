"""What every search engine offers: questions in, chunks with raw scores out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from knowledgebases.conditions import Where

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
    where: Where | None = None
    """Search only chunks of documents whose metadata are so, enabled or not; None: of all."""
    unless_none: bool = False
    """Where no document is as `where` has it, search all of them (contract F.4) instead of none."""
    languages: Mapping[str, str] = field(default_factory=dict)
    """The language that the terms for a dataset were made in, by its id; of those left out nobody wants to know."""
    among: Sequence[str] | None = None
    """Search only these chunks, few enough to be looked at one by one: what another engine proposed; None: all."""
    chunks: int = 0
    """About how many chunks the datasets have; decides between exact and approximate search, never what is found."""
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
    place: int = 1
    """The better of its places, from 1, in the two lists of candidates."""
    tag_weights: Mapping[str, float] = field(default_factory=dict)
    """How much the chunk is about some tags."""
    tags: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """The union of both lists of candidates, unordered. Every hit has both scores, whichever list it came by."""

    hits: Sequence[Hit]
    exact: bool = True
    """Whether the lexical list is that of an exhaustive search (approximate only in very large datasets)."""
    near: bool = True
    """Whether the dense list is that of an exhaustive search, too."""
    documents: int | None = None
    """How many documents `document_ids` and `where` left over; None where neither was given."""
    reworded: bool = False
    """Whether a dataset has changed over to another language than the terms are of: its words were not understood."""
    degraded: str = ""
    """Why another engine than the chosen one searched, fit to show; empty where it was that one."""


class Engine(Protocol):
    """A search engine.

    Only available chunks of enabled, living documents of living datasets are candidates; this is part of the search,
    not a filter on its result. One round trip for an ordinary question. Raises `system.errors.Unavailable` where
    trying again may help.
    """

    def search(self, query: Query) -> Found:
        """Candidates for `query`."""
