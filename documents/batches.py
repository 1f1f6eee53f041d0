"""Documents parted into what one transaction takes."""

from collections.abc import Iterator, Mapping, Sequence

from documents.models import Document

DOCUMENTS = 500  # of one transaction
CHUNKS = 20_000  # of one transaction, unless a single document has more


def of_living(document_ids: Sequence[str]) -> Iterator[list[str]]:
    """The documents that are not deleted, parted."""
    sizes: dict[str, int] = {}
    for start in range(0, len(document_ids), DOCUMENTS):
        rows = Document.objects.filter(pk__in=document_ids[start : start + DOCUMENTS], deleted_at=None)
        sizes.update(rows.values_list("pk", "chunk_num"))
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
