"""LlamaIndex's store in PostgreSQL: hybrid search (vectors by HNSW, words by ts_rank), as its own query has it."""

import os
from importlib.metadata import version
from pathlib import Path

from llama_index.core.schema import TextNode
from llama_index.core.vector_stores.types import VectorStoreQuery, VectorStoreQueryMode
from llama_index.vector_stores.postgres import PGVectorStore
from measuring import DEPTH, Chunks, Search, Vectors, measure

BATCH = 1_000


def open_(folder: Path, chunks: Chunks) -> Search:
    url = os.environ["PEER_DATABASE"]
    store = PGVectorStore(
        connection_string=f"postgresql+psycopg2://{url}",
        async_connection_string=f"postgresql+asyncpg://{url}",
        table_name="peer",
        schema_name="public",
        hybrid_search=True,
        embed_dim=chunks.vectors.shape[1],
        hnsw_kwargs={
            "hnsw_m": 16,
            "hnsw_ef_construction": 64,
            "hnsw_ef_search": 40,
            "hnsw_dist_method": "vector_cosine_ops",
        },
    )
    for start in range(0, len(chunks.ids), BATCH):
        part = slice(start, start + BATCH)
        rows = zip(chunks.ids[part], chunks.texts[part], chunks.vectors[part].tolist(), strict=True)
        store.add([TextNode(id_=pk, text=text, embedding=vector) for pk, text, vector in rows])

    def search(question: str, vector: Vectors) -> list[str]:
        query = VectorStoreQuery(
            query_embedding=vector.tolist(),
            query_str=question,
            similarity_top_k=DEPTH,
            sparse_top_k=DEPTH,
            mode=VectorStoreQueryMode.HYBRID,
        )
        return list(store.query(query).ids or [])

    return search


measure(version("llama-index-vector-stores-postgres"), open_)
