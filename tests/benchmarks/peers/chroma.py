"""Chroma, on disk, as its guide has it: vectors only, HNSW with cosine."""

from importlib.metadata import version
from pathlib import Path

import chromadb
from chromadb.config import Settings
from measuring import DEPTH, Chunks, Search, Vectors, measure

BATCH = 5_000  # near the most that one call takes


def open_(folder: Path, chunks: Chunks) -> Search:
    client = chromadb.PersistentClient(path=str(folder / "chroma"), settings=Settings(anonymized_telemetry=False))
    collection = client.create_collection("chunks", configuration={"hnsw": {"space": "cosine"}})
    for start in range(0, len(chunks.ids), BATCH):
        part = slice(start, start + BATCH)
        collection.add(ids=list(chunks.ids[part]), embeddings=chunks.vectors[part], documents=list(chunks.texts[part]))

    def search(question: str, vector: Vectors) -> list[str]:
        return collection.query(query_embeddings=[vector], n_results=DEPTH)["ids"][0]

    return search


measure(version("chromadb"), open_)
