"""Staged passages: written while a task is under way, in the form that publishing copies."""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection
from pgvector import HalfVector
from psycopg.types.json import Jsonb
from psycopg.types.numeric import Int4, Int8

from documents.chunkers.base import Passage
from documents.leases import LeaseLost
from documents.models import Document, Stage, Task, TaskState
from documents.vectors import title_of
from knowledgebases.lexical import rows
from knowledgebases.models import chunk_id

_INT4 = 23  # OID of the type
_COPY = """
COPY rag_stage (task_id, seq, chunk, key, beginning, digest, embedding, length, terms, weights, weighed, average)
FROM STDIN (FORMAT BINARY)
"""


@dataclass(frozen=True, slots=True)
class Draft:
    """A passage that is staged, or about to be."""

    seq: int
    """Place in its document, from 0."""
    chunk: dict[str, Any]
    """The chunk's columns that follow from the passage."""
    key: str
    """Id of the chunk, if no passage before it has the same text."""
    beginning: int = 0
    """What the passage is known by when a changed text is cut."""

    @property
    def content(self) -> str:
        """The text of the passage."""
        return str(self.chunk["content"])

    @property
    def headings(self) -> list[str]:
        """The headings that its text stands below, outermost first."""
        return list(self.chunk["headings"])


@dataclass(frozen=True, slots=True)
class Words:
    """What of a lexical row was computed beforehand, and from what."""

    columns: rows.Columns
    mark: str
    """Digest of title and language (`lexical.rows.mark`)."""
    average: float
    """Length of a chunk that the weights reckon with."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A draft with all that publishing needs."""

    draft: Draft
    digest: str
    embedding: HalfVector
    words: Words


def draft(document: Document, passage: Passage, *, seq: int) -> Draft:
    """A passage of `document`, to be staged."""
    page, top = (passage.positions[0][0], passage.positions[0][3]) if passage.positions else (0, 0)
    columns = {
        "content": passage.content,
        "kind": passage.kind,
        "headings": list(passage.headings),
        "positions": [list(position) for position in passage.positions],
        "spans": [list(span) for span in passage.spans],
        "page": page,
        "top": top,
        "tokens": passage.tokens,
    }
    return Draft(seq, columns, chunk_id(document.pk, passage.content), passage.beginning)


def of_task(task: Task) -> list[Draft]:
    """The drafts that are staged for `task`, in order."""
    found = Stage.objects.filter(task=task).order_by("seq").values_list("seq", "chunk", "key", "beginning")
    return [Draft(*columns) for columns in found]


def hold(task: Task) -> None:
    """Lock the task's row, so that nobody takes it over before the transaction ends; LeaseLost where somebody has."""
    mine = Task.objects.filter(pk=task.pk, fence=task.fence, state=TaskState.RUNNING).order_by()
    if not mine.select_for_update(no_key=True).values_list("pk"):
        raise LeaseLost(str(task))


def put(task: Task, pieces: Sequence[Draft | Finished]) -> None:
    """Stage drafts and finished pieces for a task that is held, in place of what had their numbers."""
    if not pieces:
        return
    seqs = [(piece.draft if isinstance(piece, Finished) else piece).seq for piece in pieces]
    Stage.objects.filter(task=task, seq__in=seqs).delete()
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(_COPY) as copy:
        for piece in pieces:
            copy.write_row((Int8(task.pk), *_row(piece)))


def weigh(document: Document, drafts: Iterable[Draft], *, beside: tuple[int, float]) -> list[Words]:
    """The words of drafts, weighed beside what is indexed and other passages: how many, and how long together."""
    title, language, kb_id = title_of(document), document.kb.language, document.kb_id
    weighed = [
        rows.Text(content=draft.content, title=title, headings=draft.headings).weigh(language) for draft in drafts
    ]
    count, length = beside
    average = rows.average_beside(
        kb_id, chunks=count + len(weighed), length=length + sum(item.length for item in weighed)
    )
    mark = rows.mark(title, language)
    return [Words(rows.columns(item, kb_id=kb_id, average=average), mark, average) for item in weighed]


def _row(piece: Draft | Finished) -> tuple[Any, ...]:
    """The columns of `_COPY` but the first; what has a type of its own is given as the bytes of that."""
    if isinstance(piece, Draft):
        return *_draft_row(piece), "", None, None, None, None, "", 0.0
    words = piece.words
    return (
        *_draft_row(piece.draft),
        piece.digest,
        piece.embedding.to_binary(),
        Int4(words.columns.length),
        _array(words.columns.terms),
        words.columns.weights.to_binary(),
        words.mark,
        words.average,
    )


def _draft_row(draft: Draft) -> tuple[Any, ...]:
    return Int4(draft.seq), Jsonb(draft.chunk), draft.key, Int8(draft.beginning)


def _array(values: Sequence[int]) -> bytes:
    """An int4[] of one dimension in PostgreSQL's binary form: a header, then each element after its length."""
    elements = np.empty((len(values), 2), dtype=">i4")
    elements[:, 0], elements[:, 1] = 4, values
    if not len(values):
        return struct.pack(">iii", 0, 0, _INT4)
    return struct.pack(">iiiii", 1, 0, _INT4, len(values), 1) + elements.tobytes()
