"""A question in words to a query that engines understand."""

from collections.abc import Sequence
from itertools import islice

from django.db.models import Sum

from knowledgebases.embedders.base import Embedder, Vectors
from knowledgebases.engines.base import WIDEST, WINDOW, Query
from knowledgebases.lexical import tokenizer
from knowledgebases.models import EmbeddingSpace, Knowledgebase
from system.errors import DataError, Misconfigured

TERMS = 1000
"""Of a question, at most; PostgreSQL would take 16,000, at seconds of computing."""


def terms_of(question: str, language: str) -> list[str]:
    """The first TERMS different terms of `question`."""
    return list(islice(dict.fromkeys(tokenizer.terms(question, language)), TERMS))


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
            "again, or parse the documents anew."
        )
    return embedder.embed_query(question)


def build(
    kbs: Sequence[Knowledgebase],
    question: str,
    *,
    vector: Vectors | None,
    space: EmbeddingSpace | None,
    document_ids: Sequence[str] | None,
    top_k: int,
    depth: int,
) -> Query:
    """The query for `question` to `kbs`, for an answer of which the first `depth` hits are wanted.

    `top_k` limits the dense candidates only, as the contract has it (F.2). The window grows in doublings, so that the
    pages of an ordinary answer all come out of the same candidates. Of a very long question the first TERMS count.
    """
    window = WINDOW
    while window < min(depth, WIDEST):
        window *= 2
    by_language = {kb.language: tuple(terms_of(question, kb.language)) for kb in kbs}
    return Query(
        terms={kb.pk: by_language[kb.language] for kb in kbs},
        vector=vector,
        space_id=space.pk if space else None,
        document_ids=document_ids,
        chunks=_chunks_in_scope(kbs, document_ids),
        lexical=window,
        dense=min(top_k, window),
    )


def _chunks_in_scope(kbs: Sequence[Knowledgebase], document_ids: Sequence[str] | None) -> int:
    chunks = sum(kb.chunk_num for kb in kbs)
    if document_ids is None or chunks <= 20_000:
        return chunks
    counted = kbs[0].documents.model._default_manager.filter(pk__in=document_ids).aggregate(n=Sum("chunk_num"))
    return int(counted["n"] or 0)
