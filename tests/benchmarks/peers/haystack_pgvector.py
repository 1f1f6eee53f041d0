"""Haystack with its store in PostgreSQL: vectors by HNSW, words by ts_rank_cd, joined by reciprocal rank fusion."""

import os
from importlib.metadata import version
from pathlib import Path

from haystack import Document
from haystack.components.joiners import DocumentJoiner
from haystack.document_stores.types import DuplicatePolicy
from haystack.utils import Secret
from haystack_integrations.components.retrievers.pgvector import PgvectorEmbeddingRetriever, PgvectorKeywordRetriever
from haystack_integrations.document_stores.pgvector import PgvectorDocumentStore
from measuring import DEPTH, Chunks, Search, Vectors, measure


def open_(folder: Path, chunks: Chunks) -> Search:
    store = PgvectorDocumentStore(
        connection_string=Secret.from_token(f"postgresql://{os.environ['PEER_DATABASE']}"),
        table_name="peer_haystack",
        embedding_dimension=chunks.vectors.shape[1],
        vector_function="cosine_similarity",
        search_strategy="hnsw",
        recreate_table=True,
    )
    rows = zip(chunks.ids, chunks.texts, chunks.vectors.tolist(), strict=True)
    documents = [Document(id=pk, content=text, embedding=vector) for pk, text, vector in rows]
    store.write_documents(documents, policy=DuplicatePolicy.OVERWRITE)
    near = PgvectorEmbeddingRetriever(document_store=store, top_k=DEPTH)
    words = PgvectorKeywordRetriever(document_store=store, top_k=DEPTH)
    joiner = DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=DEPTH)

    def search(question: str, vector: Vectors) -> list[str]:
        lists = [near.run(vector.tolist())["documents"], words.run(question)["documents"]]
        return [document.id for document in joiner.run(lists)["documents"]]

    return search


measure(f"{version('haystack-ai')} with pgvector-haystack {version('pgvector-haystack')}", open_)
