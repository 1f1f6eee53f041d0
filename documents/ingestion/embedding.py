"""Passages to staged chunks with their vectors; what was paid for once is not computed again."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from documents.chunkers.base import Passage
from documents.ingestion import shares
from documents.leases import Lease, LeaseLost
from documents.models import Document, Stage, Task, TaskState
from documents.recipes import recipe
from documents.vectors import TitledEmbedder, text_of
from knowledgebases.embedders.base import Embedder, Vectors
from knowledgebases.indexing import space_of
from knowledgebases.models import DenseRow, EmbeddingSpace
from system.transactions import retried

BATCH = 64  # passages between two checks of the lease: about half a second of one core


def embed_and_stage(
    task: Task, document: Document, passages: Sequence[Passage], *, embedder: Embedder, lease: Lease
) -> None:
    """Stage every passage with its vector, in batches; reports and checks the lease after each.

    Vectors are taken over, by digest of model and text, from the stage rows of an earlier try of this task and from
    the published chunks of the document.
    """
    _prepare(task, len(passages), recipe=recipe(document), space=space_of(embedder) if passages else None)
    titled = TitledEmbedder(embedder, document)
    digests = [titled.digest(_text(passage)) for passage in passages]
    staged = dict(Stage.objects.filter(task=task).values_list("seq", "digest"))
    published = _published(document, set(digests))
    # By length: a batch is padded to its longest text.
    todo = sorted(
        (seq for seq, digest in enumerate(digests) if staged.get(seq) != digest),
        key=lambda seq: len(passages[seq].content),
    )
    for start in range(0, len(todo), BATCH):
        batch = todo[start : start + BATCH]
        missing = [seq for seq in batch if digests[seq] not in published]
        vectors = titled.embed([_text(passages[seq]) for seq in missing])
        found = {seq: published[digests[seq]] for seq in batch if digests[seq] in published}
        found.update(zip(missing, vectors, strict=True))
        _stage(task, [(seq, passages[seq], digests[seq], found[seq]) for seq in batch])
        ready = len(passages) - len(todo) + start + len(batch)
        lease.report(shares.embedding(ready, len(passages)), f"Embedding {ready}/{len(passages)} chunks.")


def _published(document: Document, digests: set[str]) -> dict[str, Vectors]:
    """Vectors of the document's published chunks by digest, as far as they are wanted."""
    rows = DenseRow.objects.filter(chunk__document=document).values_list("chunk__digest", "embedding")
    return {
        digest: np.asarray(vector, dtype=np.float32)
        for digest, vector in rows.iterator(chunk_size=1000)
        if digest in digests
    }


def _text(passage: Passage) -> str:
    return text_of(passage.content, headings=passage.headings)


@retried
def _prepare(task: Task, count: int, *, recipe: str, space: EmbeddingSpace | None) -> None:
    """Note what the chunks to come are made from, and drop what an earlier try staged beyond `count` passages."""
    _hold(task)
    Task.objects.filter(pk=task.pk).update(recipe=recipe, space=space)
    Stage.objects.filter(task=task, seq__gte=count).delete()


def _hold(task: Task) -> None:
    """Lock the task's row, so that nobody takes it over meanwhile; raises LeaseLost where somebody has."""
    mine = Task.objects.filter(pk=task.pk, fence=task.fence, state=TaskState.RUNNING).order_by()
    if not mine.select_for_update(no_key=True).values_list("pk"):
        raise LeaseLost(str(task))


@retried
def _stage(task: Task, rows: Sequence[tuple[int, Passage, str, Vectors]]) -> None:
    _hold(task)
    Stage.objects.bulk_create(
        [
            Stage(
                task=task,
                seq=seq,
                chunk=_columns(passage),
                digest=digest,
                embedding=np.asarray(vector, dtype="<f4").tobytes(),
            )
            for seq, passage, digest, vector in rows
        ],
        update_conflicts=True,
        unique_fields=["task", "seq"],
        update_fields=["chunk", "digest", "embedding"],
    )


def _columns(passage: Passage) -> dict[str, Any]:
    """The chunk's columns that follow from its passage."""
    page, top = (passage.positions[0][0], passage.positions[0][3]) if passage.positions else (0, 0)
    return {
        "content": passage.content,
        "kind": passage.kind,
        "headings": list(passage.headings),
        "positions": [list(position) for position in passage.positions],
        "spans": [list(span) for span in passage.spans],
        "page": page,
        "top": top,
        "tokens": passage.tokens,
    }
