"""How search grows with a dataset: `python -m tests.benchmarks scale`, or `scale=100000` for less than a million.

One dataset that grows, of chunks put together from the development collections' sentences, with the words' natural
frequencies; beyond 100,000 the same texts come again, with other vectors (`copying`). Its vectors are those of real
passages with noise, so that they lie in clusters as real ones do; questions are real, and embedded before. For each
size: p50 and p95 of whole searches without the embedding of the question, also narrowed by metadata to 1 % and 10 % of
the chunks, and in a small dataset beside the large one; recall@10 of the nearest vectors against an exact scan; seconds
that the index of vectors took to build; bytes a chunk.
"""

import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from django.db import connection, connections, transaction
from pgvector import HalfVector

from documents.models import Document
from knowledgebases import indexing
from knowledgebases.conditions import Condition
from knowledgebases.embedders.base import Vectors
from knowledgebases.engines.base import WINDOW, Query
from knowledgebases.engines.pgvector import EXACT_DENSE, PgvectorEngine
from knowledgebases.lexical import statistics as terms
from knowledgebases.models import Chunk, EmbeddingSpace, Knowledgebase
from knowledgebases.retrieval import Options, retrieve
from tests.benchmarks.copying import copy
from tests.benchmarks.judged import Collection, Kind, Known, dataset, embedder_of, kinds, load, vacuum
from tests.benchmarks.markdown import markdown
from tests.benchmarks.scratch import database

SIZES = (10_000, 100_000, 1_000_000)
NAMES = ("cranfield", "scifact-train", "chroma-chunked")
PER_DOCUMENT = 50
SENTENCES = 5  # of a chunk: about 110 words
NOISE = 0.6  # length of what is added to the vector of a passage, which is 1 long
SHARES = 100  # the metadata `share` of documents goes round these: each is that of 1 % of them
QUESTIONS = 200
COMPARED = 30  # questions whose nearest vectors are looked for one by one
WRITERS = 2
MADE = 100_000  # chunks that are made; the others are copies of them
SMALL = 1_300  # chunks of a dataset beside the large one

SCOPES = {
    "all": Options(),
    "1 %": Options(where=Condition("share", "=", 7)),
    "10 %": Options(where=Condition("share", "<", 10)),
}
# What a chunk takes in the indexes, without its text.
_PARTS = {
    "words": "pg_table_size('rag_chunk_lexical')",
    "their index": "pg_indexes_size('rag_chunk_lexical')",
    "vectors": "pg_table_size('rag_chunk_dense')",
    "their indexes": "pg_indexes_size('rag_chunk_dense')",
}


def main(largest: int = SIZES[-1]) -> None:
    """Measure and print."""
    if not (found := kinds(NAMES)):
        return
    material = _material(found)
    title = "Search by the size of a dataset: p50 / p95 ms, without the question's embedding"
    columns = ("beside it", "recall@10", "of 10 %", "written", "index built", "bytes a chunk")
    table = markdown(title, "chunks", *SCOPES, *columns)
    with database():
        space = indexing.space_of(material.embedder)
        large, small = (dataset(found[0], material.embedder) for _ in range(2))
        _write(small, space, material, range(SMALL))
        had = 0
        for size in (size for size in SIZES if size <= largest):
            table.row(f"{size:,}", *_row(large, small, space, material, range(had, size)))
            had = size


@dataclass(frozen=True)
class Material:
    """What chunks and questions are made of."""

    sentences: Sequence[str]
    passages: Vectors
    asked: dict[str, Vectors]
    embedder: Known


def _material(found: Sequence[Kind]) -> Material:
    collections: list[Collection] = [load(kind) for kind in found]
    embedder = embedder_of(found[0].model)
    texts = [passage for collection in collections for passage in collection.passages]
    questions = [question["text"] for collection in collections for question in collection.questions]
    questions = questions[:: len(questions) // QUESTIONS][:QUESTIONS]
    asked = {question: embedder.embed_query(question) for question in questions}
    sentences = [part for text in texts for line in text.splitlines() for part in line.split(". ") if len(part) > 30]
    sample = texts[:: -(-len(texts) // 2_000)]  # enough of them to lie as passages do
    return Material(sentences, embedder.embed(sample), asked, Known(embedder, asked))


def _row(
    large: Knowledgebase, small: Knowledgebase, space: EmbeddingSpace, material: Material, places: range
) -> Sequence[str]:
    _drop(space)  # a graph that is built at once is the better one, and takes a tenth of the time
    written = _seconds(partial(_grow, large, space, material, places))
    terms.settle()
    size = places.stop
    built = _seconds(partial(indexing.ensure_dense_index, space)) if size > EXACT_DENSE else 0.0
    vacuum()
    large.refresh_from_db()
    small.refresh_from_db()
    times = [_times(large, options, material) for options in SCOPES.values()]
    recall = [f"{_recall(large, space, material, options):.3f}" for options in (SCOPES["all"], SCOPES["10 %"])]
    rate = f"{len(places) / written:,.0f}/s" if size <= MADE else "copied"
    return *times, _times(small, Options(), material), *recall, rate, f"{built:.0f} s", _bytes(size)


def _seconds(deed: Callable[[], object]) -> float:
    began = time.perf_counter()
    deed()
    return time.perf_counter() - began


def _drop(space: EmbeddingSpace) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX IF EXISTS dense_hnsw_{space.pk}")


def _grow(kb: Knowledgebase, space: EmbeddingSpace, material: Material, places: range) -> None:
    if places.start < MADE:
        _fork(kb, space, material, range(places.start, min(places.stop, MADE)))
    for nth in range(1, places.stop // MADE):
        copy(kb, MADE, nth)


def _fork(kb: Knowledgebase, space: EmbeddingSpace, material: Material, places: range) -> None:
    """Write the chunks of these places in as many processes as there are cores."""
    connections.close_all()
    step = -(-len(places) // WRITERS // PER_DOCUMENT) * PER_DOCUMENT
    children = []
    for start in range(places.start, places.stop, step):
        if not (pid := os.fork()):
            try:
                _write(kb, space, material, range(start, min(start + step, places.stop)))
                os._exit(0)
            finally:
                os._exit(1)
        children.append(pid)
    if any(os.waitpid(pid, 0)[1] for pid in children):
        raise SystemExit("a writer failed")


def _write(kb: Knowledgebase, space: EmbeddingSpace, material: Material, places: range) -> None:
    random = np.random.default_rng(places.start)
    for start in range(places.start, places.stop, PER_DOCUMENT):
        _document(kb, space, material, range(start, min(start + PER_DOCUMENT, places.stop)), random)


def _document(
    kb: Knowledgebase, space: EmbeddingSpace, material: Material, places: range, random: np.random.Generator
) -> None:
    number = places.start // PER_DOCUMENT
    vectors = material.passages[random.integers(len(material.passages), size=len(places))]
    noise = random.normal(size=vectors.shape) * (NOISE / np.sqrt(vectors.shape[1]))
    vectors = (vectors + noise).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    texts = [
        ". ".join(material.sentences[place] for place in random.integers(len(material.sentences), size=SENTENCES))
        for _ in places
    ]
    with transaction.atomic():
        document = Document.objects.create(
            kb=kb, created_by=kb.created_by, name=f"{number}.txt", type="doc", meta_fields={"share": number % SHARES}
        )
        chunks = Chunk.objects.bulk_create(
            Chunk(id=f"{kb.pk[:8]}{place:08x}", document=document, kb=kb, content=text, seq=place - places.start)
            for place, text in zip(places, texts, strict=True)
        )
        indexing.index_chunks(kb, [indexing.Entry(*parts) for parts in zip(chunks, vectors, strict=True)], space=space)


def _times(kb: Knowledgebase, options: Options, material: Material) -> str:
    """p50 and p95 in ms of whole searches; the first round warms the caches."""
    for _ in range(2):
        times = [
            _seconds(partial(retrieve, [kb], question, options, embedder=material.embedder)) * 1000
            for question in material.asked
        ]
    cuts = statistics.quantiles(times, n=20)
    return f"{cuts[9]:.1f} / {cuts[18]:.1f}"


def _recall(kb: Knowledgebase, space: EmbeddingSpace, material: Material, options: Options) -> float:
    """Share of the 10 nearest vectors that are among those that a search takes."""
    every = Query(terms={kb.pk: []}, space_id=space.pk, where=options.where, chunks=kb.chunk_num, dense=WINDOW)
    found = []
    for vector in list(material.asked.values())[:: len(material.asked) // COMPARED]:
        hits = PgvectorEngine().search(replace(every, vector=vector)).hits
        found.append(len({hit.chunk_id for hit in hits} & _nearest(kb, vector, every)) / 10)
    return statistics.fmean(found)


def _nearest(kb: Knowledgebase, vector: Vectors, query: Query) -> set[str]:
    narrowed = "AND (d.meta_fields->>'share')::int < 10" if query.where else ""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT v.chunk_id FROM rag_chunk_dense v JOIN rag_document d ON d.id = v.document_id "
            f"WHERE v.kb_id = %s {narrowed} ORDER BY (v.embedding <#> %s::halfvec) + 0 LIMIT 10",
            [kb.pk, HalfVector(vector).to_text()],
        )
        return {row[0] for row in cursor.fetchall()}


def _bytes(size: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(_PARTS.values())}")
        sizes = cursor.fetchone()
    return ", ".join(f"{name} {taken / (size + SMALL):,.0f}" for name, taken in zip(_PARTS, sizes, strict=True))
