"""What people do to chunks by hand: add, change, switch, delete. What they did survives a new parse."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import numpy as np

from documents.models import Document
from documents.progress import locked
from knowledgebases import indexing
from knowledgebases.embedders.base import Vectors
from knowledgebases.embedding import embedder_for
from knowledgebases.models import Chunk, EmbeddingSpace, chunk_id
from system.errors import NotFound
from system.transactions import retried

TITLE_WEIGHT = 0.1  # contract B.3: vector = 0.1 x document name + 0.9 x questions, or content


@dataclass(frozen=True, slots=True)
class Change:
    """New values of a chunk; None leaves what is there."""

    content: str | None = None
    important_keywords: Sequence[str] | None = None
    questions: Sequence[str] | None = None
    available: bool | None = None
    positions: Sequence[Sequence[int]] | None = None


def add(
    document: Document, content: str, *, important_keywords: Sequence[str] = (), questions: Sequence[str] = ()
) -> Chunk:
    """Add a chunk, searchable at once. The same content again updates the one chunk (same id) and counts once."""
    content = content.replace("\x00", "")
    kept = [question.strip() for question in questions if question.strip()]
    return _add(document, content, list(important_keywords), kept, _embedded(document, content, kept))


def change(document: Document, chunk: Chunk, wanted: Change) -> Chunk:
    """Apply `wanted` to a chunk of `document`, and embed it anew where its text or questions changed."""
    content = chunk.content if wanted.content is None else wanted.content.replace("\x00", "")
    questions = chunk.questions
    if wanted.questions is not None:
        questions = [question.strip() for question in wanted.questions if question.strip()]
    return _change(document, chunk.pk, wanted, content, questions, _embedded(document, content, questions))


@retried
def switch(document: Document, chunk_ids: Collection[str], *, available: bool) -> int:
    """Make chunks of `document` available to searches, or not; returns how many there are."""
    _still_there(document)
    return indexing.set_available(Chunk.objects.filter(document=document, pk__in=chunk_ids), available)


@retried
def delete(document: Document, chunk_ids: Collection[str] | None) -> int:
    """Delete chunks of `document`, all of them where `chunk_ids` is None; returns how many were deleted."""
    _still_there(document)
    chunks = Chunk.objects.filter(document=document)
    if chunk_ids is not None:
        chunks = chunks.filter(pk__in=chunk_ids)
    return chunks.delete()[0]


@retried
def _add(document: Document, content: str, keywords: list[str], questions: list[str], embedded: "_Embedded") -> Chunk:
    current = _still_there(document)
    key = chunk_id(document.pk, content)
    values: dict[str, Any] = {
        "kb_id": document.kb_id,
        "gen": current.published_gen,
        "seq": current.chunk_num,
        "content": content,
        "important_keywords": keywords,
        "questions": questions,
        "tokens": embedded.tokens,
        "digest": embedded.digest,
        "by_hand": True,
    }
    chunk, _ = Chunk.objects.update_or_create(pk=key, document=document, defaults=values)
    indexing.index_chunks(document.kb, [indexing.Entry(chunk, embedded.vector)], space=embedded.space)
    return chunk


@retried
def _change(
    document: Document,
    key: str,
    wanted: Change,
    content: str,
    questions: list[str],
    embedded: "_Embedded",
) -> Chunk:
    _still_there(document)
    chunk = Chunk.objects.select_for_update().filter(pk=key, document=document).first()
    if chunk is None:
        raise NotFound(f"Can't find this chunk {key}")
    chunk.content, chunk.questions, chunk.by_hand = content, questions, True
    chunk.tokens, chunk.digest = embedded.tokens, embedded.digest
    if wanted.important_keywords is not None:
        chunk.important_keywords = list(wanted.important_keywords)
    if wanted.available is not None:
        chunk.available = wanted.available
    if wanted.positions is not None:
        chunk.positions = [list(position) for position in wanted.positions]
        chunk.page, chunk.top = (wanted.positions[0][0], wanted.positions[0][3]) if wanted.positions else (0, 0)
    chunk.save()
    indexing.index_chunks(document.kb, [indexing.Entry(chunk, embedded.vector)], space=embedded.space)
    return chunk


def _still_there(document: Document) -> Document:
    current = locked(document.pk)
    if current is None:
        raise NotFound(f"You don't own the document {document.pk}.")
    return current


@dataclass(frozen=True, slots=True)
class _Embedded:
    """What a model makes of a chunk."""

    vector: Vectors
    tokens: int
    space: EmbeddingSpace

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.vector.tobytes()).hexdigest()


def _embedded(document: Document, content: str, questions: Sequence[str]) -> _Embedded:
    """Embed a chunk made by hand; done before any row is locked."""
    embedder = embedder_for(document.kb)
    title, body = embedder.embed([PurePath(document.name).stem, "\n".join(questions) or content])
    mixed = TITLE_WEIGHT * title + (1 - TITLE_WEIGHT) * body
    vector = np.asarray(mixed / max(float(np.linalg.norm(mixed)), 1e-12), dtype=np.float32)
    return _Embedded(vector, embedder.count_tokens([content])[0], indexing.space_of(embedder))
