"""txtai in memory: its own BM25 and a Faiss index, half and half."""

from importlib.metadata import version
from pathlib import Path

import numpy as np
from measuring import DEPTH, Chunks, Search, Vectors, measure
from txtai import Embeddings


def open_(folder: Path, chunks: Chunks) -> Search:
    known = dict(zip(chunks.texts, chunks.vectors, strict=True))

    def embed(texts: list[str]) -> Vectors:
        return np.asarray([known[text] for text in texts], dtype=np.float32)

    index = Embeddings(method="external", transform=embed, hybrid=True, content=False)
    index.index((pk, text, None) for pk, text in zip(chunks.ids, chunks.texts, strict=True))

    def search(question: str, vector: Vectors) -> list[str]:
        known[question] = vector
        return [str(pk) for pk, _ in index.search(question, DEPTH)]

    return search


measure(version("txtai"), open_)
