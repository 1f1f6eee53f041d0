"""Drafts to finished passages: their vectors and weighed words; what was paid for once is not computed again."""

from collections.abc import Collection, Sequence

import numpy as np
from django.db.models import Count, Sum
from django.db.models.functions import Coalesce

from documents import paid, recipes, staging
from documents.ingestion import shares
from documents.leases import Lease
from documents.models import Document, Stage, Task
from documents.models.task import EMBED
from documents.staging import Draft, Finished
from documents.vectors import TitledEmbedder, text_of
from knowledgebases.embedders.base import Embedder, Vectors
from knowledgebases.indexing import halfvec, space_of
from knowledgebases.models import DenseRow, EmbeddingSpace
from system.transactions import retried

BATCH = 64  # passages between two checks of the lease: about half a second of one core


def embed(task: Task, document: Document, drafts: Sequence[Draft], *, embedder: Embedder, lease: Lease[Task]) -> None:
    """Stage every draft with its vector and its words, in batches; reports and checks the lease after each.

    Drafts may be staged already. Vectors of the same space are taken over, by digest of the text, from what was staged
    before, for this task and others, and from the published chunks of the document.
    """
    if not drafts:
        _prepare(task, document, [], space=None)
        return
    space = space_of(embedder)
    _prepare(task, document, drafts, space=space)
    titled = TitledEmbedder(embedder, document)
    digests = {draft.seq: titled.digest(_text(draft)) for draft in drafts}
    ready = dict(Stage.objects.filter(task=task, embedding__isnull=False).values_list("seq", "digest"))
    # By length: a batch is padded to its longest text.
    todo = sorted((draft for draft in drafts if ready.get(draft.seq) != digests[draft.seq]), key=_length)
    weighed = _weighed(task, done=len(drafts) - len(todo))
    _report(lease, len(drafts) - len(todo), len(drafts))  # the first batch may take its time
    for start in range(0, len(todo), BATCH):
        batch = todo[start : start + BATCH]
        vectors = _vectors(task, [(digests[draft.seq], _text(draft)) for draft in batch], titled, space)
        words = staging.weigh(document, batch, beside=weighed)
        weighed = weighed[0] + len(batch), weighed[1] + sum(one.columns.length for one in words)
        pieces = [
            Finished(draft, digests[draft.seq], halfvec(vectors[digests[draft.seq]], space), one)
            for draft, one in zip(batch, words, strict=True)
        ]
        _stage(task, pieces)
        _report(lease, len(drafts) - len(todo) + start + len(batch), len(drafts))


def _text(draft: Draft) -> str:
    return text_of(draft.content, headings=draft.headings)


def _length(draft: Draft) -> int:
    return len(draft.content)


def _weighed(task: Task, *, done: int) -> tuple[int, float]:
    """How many passages of the task an earlier try has weighed, and how long they are together."""
    if not done:
        return 0, 0.0
    found = Stage.objects.filter(task=task).aggregate(count=Count("length"), length=Coalesce(Sum("length"), 0))
    return found["count"], found["length"]


def _vectors(
    task: Task, wanted: Sequence[tuple[str, str]], titled: TitledEmbedder, space: EmbeddingSpace
) -> dict[str, Vectors]:
    """Vectors of texts by digest, given as pairs of digest and text: known ones, and the rest embedded."""
    found = _known(task, {digest for digest, _ in wanted}, space)
    missing = {digest: text for digest, text in wanted if digest not in found}
    found.update(zip(missing, titled.embed(list(missing.values())), strict=True))
    return found


def _known(task: Task, digests: Collection[str], space: EmbeddingSpace) -> dict[str, Vectors]:
    """Vectors of the document that are there already, staged or published."""
    published = DenseRow.objects.filter(space=space, chunk__document=task.document_id, chunk__digest__in=digests)
    pairs = {**paid.vectors(task, digests, space=space), **dict(published.values_list("chunk__digest", "embedding"))}
    return {digest: np.asarray(vector, dtype=np.float32) for digest, vector in pairs.items()}


@retried
def _prepare(task: Task, document: Document, drafts: Sequence[Draft], *, space: EmbeddingSpace | None) -> None:
    """Note what the chunks to come are made from, and drop what an earlier try staged besides `drafts`.

    Vectors that it made with another model are dropped, too.
    """
    staging.hold(task)
    if Task.objects.filter(pk=task.pk).exclude(space=None).exclude(space=space).exists():
        Stage.objects.filter(task=task).update(embedding=None, digest="")
    Task.objects.filter(pk=task.pk).update(recipe=recipes.recipe(document), space=space)
    Stage.objects.filter(task=task).exclude(seq__in=[draft.seq for draft in drafts]).delete()


@retried
def _stage(task: Task, pieces: Sequence[Finished]) -> None:
    staging.hold(task)
    staging.put(task, pieces)


def _report(lease: Lease[Task], ready: int, total: int) -> None:
    share = shares.embedding_part if lease.task.kind == EMBED else shares.embedding
    lease.report(share(ready, total), f"Embedding {ready}/{total} chunks.", phase="embed", done=ready, total=total)
