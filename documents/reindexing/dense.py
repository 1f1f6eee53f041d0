"""Vectors of another embedding space, beside those that are served."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection

from documents.leases import Lease
from documents.models import Document, Reindex
from documents.reindexing.base import LOOK, SAMPLES, hold
from documents.vectors import TitlesEmbedder, text_of
from knowledgebases import indexing
from knowledgebases.embedders import catalogue
from knowledgebases.embedders.base import Vectors
from knowledgebases.embedding import embedder_named
from knowledgebases.engines.pgvector import EXACT_DENSE
from knowledgebases.models import Chunk, EmbeddingSpace, Knowledgebase
from system.errors import Conflict, Misconfigured
from system.transactions import retried

BATCH = 64  # chunks of a transaction: what a worker that is killed loses
ALIKE, ALIKE_REMOTE = 0.999, 0.99
"""Least cosine of a vector and the same made again: a model here gives the same, an endpoint may be rounded anew."""
INDEX_SECONDS = 0.5  # between two looks at an index that another process builds

_MISSING = """
FROM rag_chunk c WHERE c.kb_id = %(kb)s AND NOT EXISTS (
  SELECT FROM rag_chunk_dense v WHERE v.chunk_id = c.id AND v.space_id = %(space)s AND v.kb_id = %(kb)s)
"""
_COUNT = f"SELECT count(*) {_MISSING}"
_LOOK = f"SELECT c.id, length(c.content) {_MISSING} LIMIT {LOOK}"
# Behind the lock the chunk is as it is, not as it was when it was read. Those that somebody is just changing are left
# for the next look, so nobody is waited for.
_PUT = """
INSERT INTO rag_chunk_dense (chunk_id, kb_id, document_id, available, space_id, embedding)
SELECT c.id, c.kb_id, c.document_id, c.available, %(space)s, made.embedding::halfvec
FROM (SELECT id, kb_id, document_id, available, digest FROM rag_chunk WHERE id = ANY(%(ids)s)
      ORDER BY id FOR SHARE SKIP LOCKED) c
JOIN unnest(%(ids)s::text[], %(digests)s::text[], %(vectors)s::text[]) AS made(id, digest, embedding)
  ON made.id = c.id AND made.digest = c.digest
ON CONFLICT (chunk_id, space_id) DO NOTHING
"""
# What somebody is just changing would be embedded, and paid for, in vain.
_AT_REST = "SELECT id FROM rag_chunk WHERE id = ANY(%s) FOR SHARE SKIP LOCKED"
_SURPLUS = """
SELECT count(*) FROM rag_chunk_dense v WHERE v.kb_id = %(kb)s AND v.space_id = %(space)s
  AND NOT EXISTS (SELECT FROM rag_chunk c WHERE c.id = v.chunk_id AND c.kb_id = v.kb_id)
"""
# Chosen by their keys alone: to spell every vector of a large dataset would take minutes.
_SAMPLE = f"""
SELECT c.id, c.digest, v.embedding::text
FROM (SELECT chunk_id FROM rag_chunk_dense WHERE kb_id = %(kb)s AND space_id = %(space)s
      ORDER BY random() LIMIT {SAMPLES}) sample
JOIN rag_chunk_dense v ON v.chunk_id = sample.chunk_id AND v.space_id = %(space)s JOIN rag_chunk c ON c.id = v.chunk_id
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Made:
    """The vectors of some chunks, by id, and the digest that each chunk had when its text was read."""

    digests: dict[str, str]
    vectors: Vectors


class Dense:
    """The vectors of a dataset on their way into the space that a reindex aims at."""

    name = "vectors"

    def __init__(self, job: Reindex, kb: Knowledgebase) -> None:
        """Raises Misconfigured where the model cannot be had, or is not any more what it was; Unavailable, too."""
        self.job = job
        self.kb = kb
        embedder = embedder_named(kb, job.aimed_model)
        self.space = indexing.space_of(embedder)
        self._local = catalogue.parse(job.aimed_model)[1] == catalogue.BUILTIN
        self._embedder = TitlesEmbedder(embedder)
        if job.back and self.space != job.former_space:
            raise Misconfigured(
                f"The dataset was embedded with {job.former_space}, but that model answers as another now: there is no "
                "way back to its vectors."
            )
        if not job.back and self.space != job.space:
            _aim(job, self.space)

    def missing(self) -> int:
        """How many chunks have no vector in the space yet."""
        return self._count(_COUNT)

    def todo(self) -> Iterator[list[str]]:
        """Batches of ids of chunks of like length: a model pads a batch to its longest text."""
        with connection.cursor() as cursor:
            cursor.execute(_LOOK, self._ids)
            found = sorted(cursor.fetchall(), key=lambda row: row[1])
        for start in range(0, len(found), BATCH):
            yield [pk for pk, _ in found[start : start + BATCH]]

    def make(self, batch: Sequence[str]) -> Made:
        """Embed what of the chunks is embedded, with the share that their documents' titles have."""
        with connection.cursor() as cursor:
            cursor.execute(_AT_REST, [list(batch)])
            at_rest = [pk for (pk,) in cursor.fetchall()]
        chunks = list(Chunk.objects.filter(pk__in=at_rest, document__deleted_at=None))
        vectors = self._embedded(chunks)
        return Made({chunk.pk: chunk.digest for chunk in chunks}, vectors)

    def put(self, made: Made) -> int:
        """Write vectors of chunks whose text is still the one that was embedded."""
        vectors = [indexing.halfvec(vector, self.space).to_text() for vector in made.vectors]
        given = {"ids": list(made.digests), "digests": list(made.digests.values()), "vectors": vectors}
        with connection.cursor() as cursor:
            cursor.execute(_PUT, {**self._ids, **given})
            return int(cursor.rowcount)

    def examine(self, lease: Lease[Reindex]) -> None:
        """Index the space where the dataset wants that, count its vectors, and make some of them again."""
        if self.kb.chunk_num > EXACT_DENSE and self.space.dimension <= indexing.INDEXABLE:
            lease.report(self.job.progress, f"Indexing {self.space}.", phase="index")
            while not indexing.ensure_dense_index(self.space) and not indexing.has_dense_index(self.space):
                lease.check()
                time.sleep(INDEX_SECONDS)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE rag_chunk_dense")  # or searches are planned as if the space were empty
        if surplus := self._count(_SURPLUS):
            raise Conflict(
                f"{surplus} vectors in {self.space} are of no chunk; run `manage.py fsck --repair`, then go on."
            )
        if not self.job.back:  # what was served once needs no proof, and documents may have other titles since
            lease.report(self.job.progress, f"Comparing samples of {self.space}.", phase="compare")
            self._compare()

    def turn(self) -> dict[str, Any]:
        """The space that the dataset is in from now on, and its model."""
        left, entered = self.job.former_space_id, self.job.space_id
        if self.job.back:
            left, entered = entered, left
        if self.kb.space_id != left:
            raise Conflict("The dataset's vectors were replaced meanwhile; roll this reindex back and begin another.")
        return {"space_id": entered, "embd_id": self.job.aimed_model}

    @property
    def _ids(self) -> dict[str, Any]:
        return {"kb": self.kb.pk, "space": self.space.pk}

    def _count(self, statement: str) -> int:
        with connection.cursor() as cursor:
            cursor.execute(statement, self._ids)
            return int(cursor.fetchone()[0])

    def _embedded(self, chunks: Sequence[Chunk]) -> Vectors:
        documents = _documents(chunks)
        texts = [
            (documents[chunk.document_id], text_of(chunk.content, headings=chunk.headings, questions=chunk.questions))
            for chunk in chunks
        ]
        return self._embedder.embed(texts) if texts else np.zeros((0, self.space.dimension), np.float32)

    def _compare(self) -> None:
        """Raise Conflict where samples, made again, come out otherwise."""
        with connection.cursor() as cursor:
            cursor.execute(_SAMPLE, self._ids)
            stored = {pk: (digest, text) for pk, digest, text in cursor.fetchall()}
        found = list(Chunk.objects.filter(pk__in=stored))
        documents = _documents(found)
        # A document that was changed meanwhile may have another title than its vectors.
        chunks = [
            chunk
            for chunk in found
            if chunk.digest == stored[chunk.pk][0]
            and chunk.document_id in documents
            and documents[chunk.document_id].updated_at < (self.job.begun_at or self.job.created_at)
        ]
        if not chunks:
            return
        built = np.array([_parsed(stored[chunk.pk][1]) for chunk in chunks])
        norms = np.linalg.norm(built, axis=1)
        cosines = np.einsum("ij,ij->i", built, self._embedded(chunks)) / np.maximum(norms, 1e-12)
        least = float(cosines.min())
        _note(self.job, len(chunks), least)
        if least < (ALIKE if self._local else ALIKE_REMOTE):
            raise Conflict(
                f"Of {len(chunks)} vectors that were made again, one has a cosine of {least:.4f} with the one that was "
                f"built: {self.job.aimed_model} does not answer alike. Mend that, roll back, and begin anew."
            )


def _documents(chunks: Sequence[Chunk]) -> dict[str, Document]:
    return Document.objects.only("name", "parser_config", "updated_at").in_bulk({chunk.document_id for chunk in chunks})


def _parsed(text: str) -> list[float]:
    return [float(number) for number in text.strip("[]").split(",")]


@retried
def _aim(job: Reindex, space: EmbeddingSpace) -> None:
    hold(job)
    Reindex.objects.filter(pk=job.pk).update(space=space)
    job.space = space


@retried
def _note(job: Reindex, sampled: int, cosine: float) -> None:
    hold(job)
    Reindex.objects.filter(pk=job.pk).update(sampled=sampled, least_cosine=cosine)
