"""What of a chunk is embedded, and the share that its document's title has in the vector (contract B.3, E.4)."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

import numpy as np

from documents.models import Document
from knowledgebases.embedders.base import Embedder, Vectors
from system.errors import DocumentFault, FaultCode

TITLE_WEIGHT = 0.1  # vector = 0.1 x title + 0.9 x text, unless `filename_embd_weight` says otherwise


def title_of(document: Document) -> str:
    """What a document is called: its file name without suffix."""
    return PurePath(document.name).stem


def text_of(content: str, *, headings: Sequence[str] = (), questions: Sequence[str] = ()) -> str:
    """What of a chunk is embedded: its heading path, then the questions it answers, or its content without any."""
    return "\n".join([*headings, "\n".join(questions) or content])


def _title_weight(config: Mapping[str, Any]) -> float:
    weight = config.get("filename_embd_weight")
    if weight is None:
        return TITLE_WEIGHT
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight <= 1:
        raise DocumentFault(
            FaultCode.UNSUPPORTED,
            f"parser_config.filename_embd_weight is {str(weight)[:50]!r}: set it to a number from 0 to 1 and parse"
            " again",
        )
    return float(weight)


class TitledEmbedder:
    """Embeds texts of one document with its title mixed in; the title is embedded once, with the first texts."""

    def __init__(self, embedder: Embedder, document: Document) -> None:
        self.embedder = embedder
        self._weight = _title_weight(document.parser_config)
        self._name = document.name
        self._words = title_of(document)
        self._title: Vectors | None = None

    def digest(self, text: str) -> str:
        """Of all that decides the vector of `text`: equal digests mean equal vectors."""
        name = self._name if self._weight else ""
        parts = (self.embedder.model_id, self.embedder.revision, str(self._weight), name, text)
        return hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of `texts`: (n, dimension), L2-normalised."""
        if not texts or not self._weight:
            return self.embedder.embed(texts)
        if self._title is None:
            title, *found = self.embedder.embed([self._words, *texts])
            self._title, vectors = title, np.stack(found)
        else:
            vectors = self.embedder.embed(texts)
        mixed = (1 - self._weight) * vectors + self._weight * self._title
        norms = np.linalg.norm(mixed, axis=1, keepdims=True)
        return np.asarray(mixed / np.maximum(norms, 1e-12), dtype=np.float32)
