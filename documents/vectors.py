"""What of a chunk is embedded, and the share that its document's title has in the vector (contract B.3, E.4)."""

import hashlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

import numpy as np

from documents.models import Document
from knowledgebases.embedders.base import Embedder, Vectors
from system.errors import DocumentFault, FaultCode

TITLE_WEIGHT = 0.1  # vector = 0.1 x title + 0.9 x text, unless `filename_embd_weight` says otherwise
TITLES = 2_000  # that are remembered: some MB


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
        """Of all that decides the vector of `text` in a space: equal digests mean equal vectors there."""
        name = self._name if self._weight else ""
        parts = (str(self._weight), name, text)
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
        return _mixed(vectors, self._title, self._weight)


class TitlesEmbedder:
    """Embeds texts of many documents as `TitledEmbedder` does those of one; the last titles are remembered."""

    def __init__(self, embedder: Embedder) -> None:
        self.embedder = embedder
        self._titles: OrderedDict[str, Vectors] = OrderedDict()

    def embed(self, texts: Sequence[tuple[Document, str]]) -> Vectors:
        """Vectors of texts, each given with its document: (n, dimension), L2-normalised.

        Raises DocumentFault, naming the document, on a config whose title weight is none.
        """
        weights = [_weight_of(document) for document, _ in texts]
        titles = [title_of(document) if weight else "" for (document, _), weight in zip(texts, weights, strict=True)]
        unknown = [title for title in dict.fromkeys(titles) if title and title not in self._titles]
        found = self.embedder.embed([*unknown, *(text for _, text in texts)])
        self._titles.update(zip(unknown, found, strict=False))
        vectors = np.array(found[len(unknown) :], dtype=np.float32)
        for row, (title, weight) in enumerate(zip(titles, weights, strict=True)):
            if title:
                self._titles.move_to_end(title)
                vectors[row] = _mixed(vectors[row : row + 1], self._titles[title], weight)[0]
        while len(self._titles) > TITLES:
            self._titles.popitem(last=False)
        return vectors


def _weight_of(document: Document) -> float:
    try:
        return _title_weight(document.parser_config)
    except DocumentFault as fault:
        raise DocumentFault(fault.fault, f"Document `{document.name}`: {fault.message}") from None


def _mixed(vectors: Vectors, title: Vectors, weight: float) -> Vectors:
    mixed = (1 - weight) * vectors + weight * title
    norms = np.linalg.norm(mixed, axis=1, keepdims=True)
    return np.asarray(mixed / np.maximum(norms, 1e-12), dtype=np.float32)
