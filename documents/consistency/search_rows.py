"""The search rows of chunks: one of each kind, with the chunk's dataset, document and availability, in one space."""

from collections.abc import Iterator, Sequence

from django.db.models import Exists, OuterRef

from documents.consistency.base import Finding, Scope, execute, found
from documents.consistency.orphans import INDEXES
from documents.models import Document
from documents.progress import locked
from documents.reindexing import clearing
from documents.vectors import TitledEmbedder, text_of, title_of
from knowledgebases import indexing
from knowledgebases.embedders.base import Vectors
from knowledgebases.embedding import embedder_for
from knowledgebases.models import Chunk, DenseRow, EmbeddingSpace, Knowledgebase
from system.transactions import retried

BATCH = 64  # chunks that are embedded between two writes

_MISSING = """
    SELECT c.document_id, min(c.kb_id), format('%%s chunks without lexical row, %%s without vector',
        count(*) FILTER (WHERE l.chunk_id IS NULL), count(*) FILTER (WHERE v.chunk_id IS NULL))
    FROM rag_chunk c JOIN rag_knowledgebase k ON k.id = c.kb_id
    LEFT JOIN rag_chunk_lexical l ON l.chunk_id = c.id
    LEFT JOIN rag_chunk_dense v ON v.chunk_id = c.id AND v.space_id = k.space_id
    WHERE (l.chunk_id IS NULL OR v.chunk_id IS NULL) AND (%(kb)s::text IS NULL OR c.kb_id = %(kb)s)
    GROUP BY c.document_id
"""
# What an ended reindex has left is the sweeper's, until it has looked.
_SPACES = """
    SELECT k.id, k.id, format('%%s vectors that it neither serves, nor builds, nor keeps to go back to', count(*))
    FROM rag_chunk_dense v JOIN rag_knowledgebase k ON k.id = v.kb_id
    WHERE v.space_id IS DISTINCT FROM k.space_id AND (%(kb)s::text IS NULL OR v.kb_id = %(kb)s)
      AND NOT EXISTS (SELECT FROM rag_reindex r WHERE r.kb_id = k.id AND NOT r.cleared
                      AND v.space_id IN (r.space_id, r.former_space_id))
    GROUP BY k.id
"""
_DIFFERS = "(i.kb_id, i.document_id, i.available) <> (c.kb_id, c.document_id, c.available)"


class UnindexedChunks:
    """Chunks without their row in the lexical or the vector index."""

    name = "unindexed-chunks"
    meaning = "Passages are shown, and searches do not find them."

    def find(self, scope: Scope) -> Iterator[Finding]:
        """Documents with such chunks."""
        return found(_MISSING, scope)

    def repair(self, finding: Finding) -> str:
        """Index their words anew; embed those without a vector."""
        chunks = Chunk.objects.filter(document=finding.key).order_by("pk")
        served = DenseRow.objects.filter(chunk=OuterRef("pk"), space=OuterRef("kb__space"))
        without = chunks.filter(~Exists(served))
        done = _embed_anew(finding.key, list(without.values_list("pk", flat=True)))
        terms = list(chunks.filter(lexicalrow=None).values_list("pk", flat=True))
        for start in range(0, len(terms), BATCH):
            _index_terms(finding.key, terms[start : start + BATCH])
        return f"{done} embedded, {len(terms)} indexed by their words"


class EmbeddingSpaces:
    """Vectors that are of no use: their space is not the dataset's, and no reindex is to bring it there."""

    name = "embedding-spaces"
    meaning = "Vectors take up room that nobody searches; without a space of its own a dataset is not searched at all."

    def find(self, scope: Scope) -> Iterator[Finding]:
        """Datasets with such vectors."""
        return found(_SPACES, scope)

    def repair(self, finding: Finding) -> str:
        """Remove them; a dataset that has no space yet takes that of its vectors, if they are of one."""
        kb = Knowledgebase.objects.filter(pk=finding.key).first()
        if kb is None:
            return ""
        spaces = list(DenseRow.objects.filter(kb_id=kb.pk).order_by().values_list("space", flat=True).distinct()[:2])
        if kb.space_id is None and len(spaces) == 1:
            Knowledgebase.objects.filter(pk=kb.pk, space=None).update(space=spaces[0])
            return "the dataset takes the space of its vectors"
        gone = 0
        while removed := clearing.clear_batch(kb):
            gone += removed
        return f"{gone} vectors removed"


class SearchScopes:
    """Search rows that say another dataset, document or availability than their chunk."""

    name = "search-scopes"
    meaning = "Passages are found in the wrong dataset, or though they are switched off, or not at all."

    def find(self, scope: Scope) -> Iterator[Finding]:
        """Documents with such chunks."""
        union = " UNION ALL ".join(
            f"SELECT c.document_id, c.kb_id FROM {table} i JOIN rag_chunk c ON c.id = i.chunk_id"  # noqa: S608 -- constants
            f" WHERE {_DIFFERS} AND (%(kb)s::text IS NULL OR c.kb_id = %(kb)s)"
            for table in INDEXES
        )
        text = "SELECT document_id, min(kb_id), format('%%s index rows differ from their chunk', count(*))"
        return found(f"{text} FROM ({union}) differing GROUP BY document_id", scope)

    @retried
    def repair(self, finding: Finding) -> str:
        """Make the rows say what the chunk says."""
        Document.objects.select_for_update(no_key=True).filter(pk=finding.key).first()
        done = sum(
            execute(
                f"UPDATE {table} i SET kb_id = c.kb_id, document_id = c.document_id, available = c.available"  # noqa: S608
                f" FROM rag_chunk c WHERE c.id = i.chunk_id AND c.document_id = %(document)s AND {_DIFFERS}",
                {"document": finding.key},
            )
            for table in INDEXES
        )
        return f"{done} rows set right"


def _embed_anew(document_id: str, chunk_ids: Sequence[str]) -> int:
    """Write vectors and words of chunks anew; returns of how many. No model is called under a lock."""
    document = Document.objects.live().select_related("kb__tenant", "kb__space").filter(pk=document_id).first()
    if document is None or not chunk_ids:
        return 0
    embedder = embedder_for(document.kb)
    titled, space = TitledEmbedder(embedder, document), indexing.space_of(embedder)
    done = 0
    for start in range(0, len(chunk_ids), BATCH):
        texts = {chunk.pk: _words(chunk) for chunk in Chunk.objects.filter(pk__in=chunk_ids[start : start + BATCH])}
        vectors = dict(zip(texts, titled.embed(list(texts.values())), strict=True))
        digests = {pk: titled.digest(text) for pk, text in texts.items()}
        done += _write(document_id, texts, vectors=vectors, digests=digests, space=space)
    return done


@retried
def _write(
    document_id: str,
    texts: dict[str, str],
    *,
    vectors: dict[str, Vectors],
    digests: dict[str, str],
    space: EmbeddingSpace,
) -> int:
    document = locked(document_id)
    if document is None:
        return 0
    chunks = Chunk.objects.filter(document=document, pk__in=texts).order_by("pk").select_for_update()
    # Whoever changed a text meanwhile has indexed it, too.
    same = [chunk for chunk in chunks if _words(chunk) == texts[chunk.pk]]
    for chunk in same:
        chunk.digest = digests[chunk.pk]
    Chunk.objects.bulk_update(same, ["digest"])
    entries = [indexing.Entry(chunk, vectors[chunk.pk], _title(document, chunk)) for chunk in same]
    indexing.index_chunks(document.kb, entries, space=space)
    return len(same)


@retried
def _index_terms(document_id: str, chunk_ids: Sequence[str]) -> None:
    document = locked(document_id)
    if document is not None:
        chunks = Chunk.objects.filter(document=document, pk__in=chunk_ids)
        indexing.index_terms(document.kb, {chunk: _title(document, chunk) for chunk in chunks})


def _words(chunk: Chunk) -> str:
    return text_of(chunk.content, headings=chunk.headings, questions=chunk.questions)


def _title(document: Document, chunk: Chunk) -> str:
    return "" if chunk.added else title_of(document)
