"""A question in words to a query that engines understand."""

from collections.abc import Sequence
from itertools import islice

from knowledgebases.embedders.base import Embedder, Vectors
from knowledgebases.engines.base import WIDEST, WINDOW
from knowledgebases.lexical import tokenizer
from knowledgebases.models import EmbeddingSpace, Knowledgebase
from system.errors import DataError, Misconfigured

TERMS = 1000
"""Of a question, at most; PostgreSQL would take 16,000, at seconds of computing."""
ASKED = 100_000
"""Terms of all datasets together, at most: each has its own hash of a term."""


def terms_of(question: str, language: str, most: int = TERMS) -> list[str]:
    """The first different terms of `question`, `most` of them."""
    return list(islice(dict.fromkeys(tokenizer.terms(question, language)), most))


def terms_by_dataset(kbs: Sequence[Knowledgebase], question: str) -> dict[str, Sequence[str]]:
    """The terms of `question` for every dataset; of a long question to thousands of datasets fewer than TERMS."""
    most = min(TERMS, max(1, ASKED // max(1, len(kbs))))
    by_language = {language: tuple(terms_of(question, language, most)) for language in {kb.language for kb in kbs}}
    return {kb.pk: by_language[kb.language] for kb in kbs}


def windows(page: int, page_size: int) -> tuple[int, int]:
    """How many candidates of each kind the first page takes, and how many `page` does.

    Wide enough for the page, in doublings. What a wider window adds comes after what the first one has, so the hits of
    one page are never shown again on another, and none is left out between two.
    """
    first = _doubled(WINDOW, page_size)
    return first, _doubled(first, page * page_size)


def _doubled(window: int, depth: int) -> int:
    while window < min(depth, WIDEST):
        window *= 2
    return window


def common_space(kbs: Sequence[Knowledgebase]) -> EmbeddingSpace | None:
    """The space that all `kbs` are embedded in; None while none of them has vectors.

    Raises DataError, with the contract's text, where their models differ.
    """
    models = {kb.embd_id.rpartition("@")[0] or kb.embd_id for kb in kbs}
    filled = [kb for kb in kbs if kb.space_id is not None]
    if len(models) > 1 or len({kb.space_id for kb in filled}) > 1:
        raise DataError('Datasets use different embedding models."')
    return filled[0].space if filled else None


def embed(question: str, embedder: Embedder, space: EmbeddingSpace) -> Vectors:
    """`question` as a vector of `space`. Raises Misconfigured where `embedder` makes vectors of another space."""
    if (embedder.revision, embedder.dimension) != (space.revision, space.dimension):
        raise Misconfigured(
            f"The datasets were embedded with {space} revision {space.revision[:12]}, but the model now answers as "
            f"{embedder.model_id} ({embedder.dimension}) revision {embedder.revision[:12]}. Choose the former model "
            "again, or reindex the datasets (`manage.py reindex`)."
        )
    return embedder.embed_query(question)
