"""The truth at one moment."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from tests.chaos.truths import DOCUMENTS, HANDS, TASKS


@dataclass(frozen=True, slots=True)
class Document:
    """A row of a document, with the number and the digest of the ids of its parsed chunks."""

    id: str
    name: str
    kb: str
    gen: int
    published: int
    run: str
    progress: float
    living: bool
    chunks: int
    digest: str | None


@dataclass(frozen=True, slots=True)
class Task:
    """A row of a task."""

    id: int
    document: str
    gen: int
    state: str
    fence: int
    claims: int
    lost: int
    faults: int
    progress: float
    owner: str

    @property
    def open(self) -> bool:
        """Whether there is something left to do."""
        return self.state in {"queued", "paused", "running"}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All documents and tasks; `hands` are the texts of chunks that people wrote, by document and chunk."""

    at: float
    documents: Mapping[str, Document]
    tasks: Mapping[int, Task]
    hands: Mapping[tuple[str, str], str]

    @classmethod
    def read(cls, cursor: Any) -> Self:
        """What a transaction sees."""
        documents = [Document(*row) for row in cursor.execute(DOCUMENTS).fetchall()]
        tasks = [Task(*row) for row in cursor.execute(TASKS).fetchall()]
        hands = {(document, chunk): text for document, chunk, text in cursor.execute(HANDS).fetchall()}
        return cls(time.monotonic(), {one.id: one for one in documents}, {one.id: one for one in tasks}, hands)

    @property
    def open(self) -> int:
        """How many tasks are left to do."""
        return sum(task.open for task in self.tasks.values())

    def about(self, text: str) -> str:
        """What is known of the document that `text` begins with, if it does."""
        document = self.documents.get(text.split(" ", 1)[0].rstrip(","))
        tasks = [task for task in self.tasks.values() if document and task.document == document.id]
        return f"{document} {tasks}" if document else ""
