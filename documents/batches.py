"""Documents parted into what one transaction takes."""

from collections.abc import Collection, Iterator, Mapping

from documents.models import Document
from system.transactions import allow_more

DOCUMENTS = 500  # of one transaction
CHUNKS = 20_000  # of one transaction, unless a single document has more
PATIENCE = 0.01
"""Seconds of a chunk that a statement may take where there are more: a quiet machine takes half a thousandth."""


def allow(chunks: int) -> None:
    """Have the statements of this transaction take longer where so many chunks are more than usual.

    A gigabyte of text is 700,000 chunks, and documents are published, and removed, whole.
    """
    if chunks > CHUNKS:
        allow_more(PATIENCE * chunks)


def of_ids(document_ids: Collection[str]) -> Iterator[list[str]]:
    """The ids in their order, each once, parted."""
    unique = list(dict.fromkeys(document_ids))
    for start in range(0, len(unique), DOCUMENTS):
        yield unique[start : start + DOCUMENTS]


def of_living(document_ids: Collection[str]) -> Iterator[list[str]]:
    """The documents that are not deleted, parted."""
    sizes: dict[str, int] = {}
    for ids in of_ids(document_ids):
        rows = Document.objects.filter(pk__in=ids, deleted_at=None)
        found = dict(rows.values_list("pk", "chunk_num"))
        sizes.update((pk, found[pk]) for pk in ids if pk in found)
    yield from of_sizes(sizes)


def of_sizes(sizes: Mapping[str, int]) -> Iterator[list[str]]:
    """Ids, given with their numbers of chunks, in parts of up to DOCUMENTS and, but for a large one, CHUNKS chunks."""
    batch: list[str] = []
    chunks = 0
    for pk, size in sizes.items():
        if batch and (len(batch) == DOCUMENTS or chunks + size > CHUNKS):
            yield batch
            batch, chunks = [], 0
        batch.append(pk)
        chunks += size
    if batch:
        yield batch
