"""Datasets, chunks, and their search rows."""

from knowledgebases.models.chunk import Chunk, chunk_id
from knowledgebases.models.circuit import Circuit
from knowledgebases.models.following import IndexState, PendingChunk, SearchIndex
from knowledgebases.models.index import DenseRow, LexicalRow, LexicalTotal, ReweighedRow, TermDelta, TermFrequency
from knowledgebases.models.knowledgebase import EmbeddingSpace, Knowledgebase, Method, Permission

__all__ = [
    "Chunk",
    "Circuit",
    "DenseRow",
    "EmbeddingSpace",
    "IndexState",
    "Knowledgebase",
    "LexicalRow",
    "LexicalTotal",
    "Method",
    "PendingChunk",
    "Permission",
    "ReweighedRow",
    "SearchIndex",
    "TermDelta",
    "TermFrequency",
    "chunk_id",
]
