"""What people do to chunks by hand: add, change, delete. What they did survives a new parse."""

import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from django.utils import timezone

from documents.models import DeletedChunk, Document
from documents.progress import locked
from documents.vectors import TitledEmbedder, text_of, title_of
from knowledgebases import indexing
from knowledgebases.embedders.base import Vectors
from knowledgebases.embedding import embedder_for
from knowledgebases.models import Chunk, EmbeddingSpace, chunk_id
from system.errors import NotFound
from system.transactions import retried

BATCH = 5_000  # rows of one statement


@dataclass(frozen=True, slots=True)
class Change:
    """New values of a chunk; None leaves what is there."""

    content: str | None = None
    important_keywords: Sequence[str] | None = None
    questions: Sequence[str] | None = None
    available: bool | None = None
    positions: Sequence[Sequence[int]] | None = None
    tags: Sequence[str] | None = None
    tag_weights: Mapping[str, float] | None = None


def add(
    document: Document,
    content: str,
    *,
    important_keywords: Sequence[str] = (),
    questions: Sequence[str] = (),
    tag_weights: Mapping[str, float] | None = None,
    titled: bool = False,
) -> Chunk:
    """Add a chunk, searchable at once. The same content again updates the one chunk (same id) and counts once.

    `titled` chunks are found by the title of their document too.
    """
    wanted: dict[str, Any] = {"important_keywords": list(important_keywords), "added": not titled}
    if tag_weights is not None:
        wanted["tag_weights"] = dict(tag_weights)
    text = _Text(_stored(content), tuple(questions))
    while (chunk := _add(document, wanted, _embedded(document, text))) is None:
        pass  # the dataset changed over to another model meanwhile: it does not do that often
    return chunk


def change(document: Document, chunk: Chunk, wanted: Change) -> Chunk:
    """Apply `wanted` to a chunk of `document` as it is now; a new text or new questions are embedded anew.

    Whoever changes more than its availability makes it a chunk that survives a new parse.
    """
    embedded = None
    while isinstance(outcome := _change(document, chunk.pk, wanted, embedded), _Text):
        embedded = _embedded(document, outcome)
    return outcome


@retried
def switch(document: Document, chunk_ids: Collection[str], *, available: bool) -> int:
    """Let searches find chunks of `document`, or not; returns how many of them there are."""
    _still_there(document)
    chunks = Chunk.objects.filter(document=document, pk__in=chunk_ids)
    return chunks.update(available=available, updated_at=timezone.now())


@retried
def delete(document: Document, chunk_ids: Collection[str] | None) -> int:
    """Delete chunks of `document`, all of them where `chunk_ids` is None; returns how many were deleted.

    That they were is kept in mind: parsing the same again does not bring them back.
    """
    _still_there(document)
    chunks = Chunk.objects.filter(document=document)
    if chunk_ids is not None:
        chunks = chunks.filter(pk__in=chunk_ids)
    gone = [DeletedChunk(document=document, chunk_id=key) for key in chunks.values_list("pk", flat=True)]
    DeletedChunk.objects.bulk_create(gone, batch_size=BATCH, ignore_conflicts=True)
    return chunks.delete()[0]


@retried
def _add(document: Document, wanted: dict[str, Any], embedded: "_Embedded") -> Chunk | None:
    """The chunk; None, with nothing written, where its vector is of a model that the dataset left behind."""
    current = _still_there(document)
    indexing.steady(document.kb)
    if document.kb.embd_id != embedded.model:
        return None
    text = embedded.text
    values: dict[str, Any] = {
        **wanted,
        "kb_id": document.kb_id,
        "gen": current.published_gen,
        "seq": current.chunk_num,
        "content": text.content,
        "headings": [],
        "questions": list(text.questions),
        "tokens": embedded.tokens,
        "digest": embedded.digest,
        "available": True,
        "by_hand": True,
    }
    key = _free_id(document, text.content)
    chunk, _ = Chunk.objects.update_or_create(pk=key, document=document, defaults=values)
    DeletedChunk.objects.filter(document=document, chunk_id=key).delete()
    entry = indexing.Entry(chunk, embedded.vector, _title(current, chunk))
    indexing.index_chunks(document.kb, [entry], space=embedded.space)
    return chunk


def _free_id(document: Document, content: str) -> str:
    """The id of a chunk with this content: the same for the same content, and no other document's.

    The hash is no secret and can be inverted: somebody may make a text for the id of a chunk elsewhere.
    """
    ids = (chunk_id(document.pk, content, occurrence) for occurrence in itertools.count())
    return next(key for key in ids if not Chunk.objects.filter(pk=key).exclude(document=document).exists())


@retried
def _change(document: Document, key: str, wanted: Change, embedded: "_Embedded | None") -> "Chunk | _Text":
    """The changed chunk; or, with nothing written, the text to be embedded first: no model is called under a lock."""
    current = _still_there(document)
    indexing.steady(document.kb)
    chunk = Chunk.objects.select_for_update().filter(pk=key, document=document).first()
    if chunk is None:
        raise NotFound(f"Can't find this chunk {key}")
    text, keywords, typed = _Text.of(chunk), chunk.important_keywords, _typed(chunk)
    _apply(chunk, wanted)
    now = _Text.of(chunk)
    if now != text and (embedded is None or (embedded.text, embedded.model) != (now, document.kb.embd_id)):
        return now
    if now != text and embedded is not None:
        chunk.tokens, chunk.digest = embedded.tokens, embedded.digest
    if _typed(chunk) != typed:
        chunk.by_hand = True
    chunk.save()
    title = _title(current, chunk)
    if now != text and embedded is not None:
        indexing.index_chunks(document.kb, [indexing.Entry(chunk, embedded.vector, title)], space=embedded.space)
    elif chunk.important_keywords != keywords:
        indexing.index_terms(document.kb, {chunk: title})
    return chunk


def _apply(chunk: Chunk, wanted: Change) -> None:
    if wanted.content is not None:
        content = _stored(wanted.content)
        gone = _lines(chunk.content) - _lines(content)
        chunk.headings = [heading for heading in chunk.headings if heading not in gone]
        chunk.content = content
    if wanted.questions is not None:
        chunk.questions = list(wanted.questions)
    if wanted.important_keywords is not None:
        chunk.important_keywords = list(wanted.important_keywords)
    if wanted.available is not None:
        chunk.available = wanted.available
    if wanted.positions is not None:
        chunk.positions = [list(position) for position in wanted.positions]
        chunk.page, chunk.top = (wanted.positions[0][0], wanted.positions[0][3]) if wanted.positions else (0, 0)
    if wanted.tags is not None:
        chunk.tags = list(wanted.tags)
    if wanted.tag_weights is not None:
        chunk.tag_weights = dict(wanted.tag_weights)


def _lines(content: str) -> set[str]:
    """The lines of a chunk as they stand in the path of headings: one that a person takes away goes there, too."""
    return {line.lstrip("# ").rstrip() for line in content.splitlines()}


def _typed(chunk: Chunk) -> tuple[Any, ...]:
    """What people may have typed in."""
    return _Text.of(chunk), chunk.important_keywords, chunk.positions, chunk.tags, chunk.tag_weights


def _title(document: Document, chunk: Chunk) -> str:
    """The title that finds the chunk; none for what was typed in without it."""
    return "" if chunk.added else title_of(document)


def _still_there(document: Document) -> Document:
    current = locked(document.pk)
    if current is None:
        raise NotFound(f"You don't own the document {document.pk}.")
    return current


def _stored(content: str) -> str:
    return content.replace("\x00", "")  # PostgreSQL's texts hold no NUL


@dataclass(frozen=True, slots=True)
class _Text:
    """What of a chunk decides its vector and its tokens."""

    content: str
    questions: tuple[str, ...]
    headings: tuple[str, ...] = ()

    @classmethod
    def of(cls, chunk: Chunk) -> Self:
        return cls(chunk.content, tuple(chunk.questions), tuple(chunk.headings))


@dataclass(frozen=True, slots=True)
class _Embedded:
    """What a model makes of a text."""

    text: _Text
    vector: Vectors
    tokens: int
    digest: str
    space: EmbeddingSpace
    model: str
    """Identifier of the dataset's model."""


def _embedded(document: Document, text: _Text) -> _Embedded:
    """Embed a chunk; done before any row is locked."""
    embedder = embedder_for(document.kb)
    titled = TitledEmbedder(embedder, document)
    words = text_of(text.content, headings=text.headings, questions=text.questions)
    return _Embedded(
        model=document.kb.embd_id,
        text=text,
        vector=titled.embed([words])[0],
        tokens=embedder.count_tokens([text.content])[0],
        digest=titled.digest(words),
        space=indexing.space_of(embedder),
    )
