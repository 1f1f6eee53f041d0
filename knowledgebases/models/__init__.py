"""Datasets, chunks, and their search rows."""

from knowledgebases.models.chunk import Chunk, chunk_id
from knowledgebases.models.circuit import Circuit
from knowledgebases.models.index import DenseRow, LexicalRow, LexicalTotal, TermDelta, TermFrequency
from knowledgebases.models.knowledgebase import EmbeddingSpace, Knowledgebase, Method, Permission

__all__ = [
    "Chunk",
    "Circuit",
    "DenseRow",
    "EmbeddingSpace",
    "Knowledgebase",
    "LexicalRow",
    "LexicalTotal",
    "Method",
    "Permission",
    "TermDelta",
    "TermFrequency",
    "chunk_id",
]
