"""Passages to staged chunks with their vectors; what was paid for once is not computed again."""

import hashlib
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

import numpy as np

from documents.chunkers.base import Passage
from documents.ingestion import shares
from documents.leases import Lease
from documents.models import Document, Stage, Task
from knowledgebases.embedders.base import Embedder, Vectors
from knowledgebases.indexing import space_of
from knowledgebases.models import DenseRow

BATCH = 64  # passages between two checks of the lease: about half a second of one core
TITLE_WEIGHT = 0.1  # contract E.4: vector = 0.1 x title + 0.9 x text


def embed_and_stage(
    task: Task, document: Document, passages: Sequence[Passage], *, embedder: Embedder, lease: Lease
) -> None:
    """Stage every passage with its vector, in batches; reports and checks the lease after each.

    Vectors are taken over, by digest of model and text, from the stage rows of an earlier try of this task and from
    the published chunks of the document.
    """
    if passages:
        Task.objects.filter(pk=task.pk, fence=task.fence).update(space=space_of(embedder))
    weight = _title_weight(document)
    title = embedder.embed([PurePath(document.name).stem])[0] if weight and passages else None
    digests = [_digest(embedder, document, passage, weight) for passage in passages]
    Stage.objects.filter(task=task, seq__gte=len(passages)).delete()
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
        vectors = _mixed(embedder.embed([_embedded_text(passages[seq]) for seq in missing]), title, weight)
        found = {seq: published[digests[seq]] for seq in batch if digests[seq] in published}
        found.update(zip(missing, vectors, strict=True))
        lease.check()
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


def _embedded_text(passage: Passage) -> str:
    """What of a passage is embedded: its heading path, then its text."""
    return "\n".join([*passage.headings, passage.content])


def _title_weight(document: Document) -> float:
    weight = document.parser_config.get("filename_embd_weight")
    return TITLE_WEIGHT if weight is None else float(weight)


def _digest(embedder: Embedder, document: Document, passage: Passage, weight: float) -> str:
    title = document.name if weight else ""
    parts = (embedder.model_id, embedder.revision, str(weight), title, _embedded_text(passage))
    return hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _mixed(vectors: Vectors, title: Vectors | None, weight: float) -> Vectors:
    """Text vectors with the title's share, L2-normalised again."""
    if title is None or not len(vectors):
        return vectors
    mixed = (1 - weight) * vectors + weight * title
    norms = np.linalg.norm(mixed, axis=1, keepdims=True)
    return np.asarray(mixed / np.maximum(norms, 1e-12), dtype=np.float32)


def _stage(task: Task, rows: Sequence[tuple[int, Passage, str, Vectors]]) -> None:
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
