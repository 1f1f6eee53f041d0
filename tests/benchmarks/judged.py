"""The development collections (../shared/data/retrieval) as datasets, in a database of their own."""

import json
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from knowledgebases import embedders, indexing
from knowledgebases.embedders.base import Embedder, Vectors
from knowledgebases.lexical import statistics
from knowledgebases.models import Chunk, EmbeddingSpace, Knowledgebase

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "retrieval"
MINILM, E5 = "all-MiniLM-L6-v2", "multilingual-e5-small"
PER_DOCUMENT = 50  # chunks that are indexed together


@dataclass(frozen=True)
class Kind:
    """What a collection is: its language, the model for it, and the nDCG@10 that the design wants of the hybrid."""

    name: str
    language: str
    model: str
    target: float | None


KINDS = [
    Kind("cranfield", "English", MINILM, 0.415),
    Kind("scifact-train", "English", MINILM, 0.73),
    Kind("chroma-chunked", "English", MINILM, 0.79),
    Kind("xquad-en", "English", MINILM, None),
    Kind("xquad-es", "Spanish", E5, None),
    Kind("xquad-zh", "Chinese", E5, 0.975),
    Kind("cmrc2018", "Chinese", E5, 0.985),
]


@dataclass(frozen=True)
class Collection:
    """Documents, questions, and the grades of what answers each question, by `place_id` in `documents`."""

    kind: Kind
    documents: Sequence[dict[str, str]]
    questions: Sequence[dict[str, str]]
    judged: Sequence[dict[str, int]]

    @property
    def passages(self) -> list[str]:
        """What is embedded: title and text."""
        return [f"{document.get('title', '')}\n{document['text']}".strip() for document in self.documents]


def kinds(names: Sequence[str]) -> list[Kind]:
    """The collections of these names, all without any; none, with the reason printed, where there are none here."""
    if not DATA.is_dir():
        print(f"skipped: the development collections are not at {DATA}")
        return []
    return [kind for kind in KINDS if not names or kind.name in names]


def load(kind: Kind, *, most: int | None = None) -> Collection:
    """A collection; without questions that have no judged document, and with every n-th where there are too many."""
    folder = DATA / kind.name
    documents = [json.loads(line) for line in (folder / "corpus.jsonl").read_text().splitlines()]
    places = {document["id"]: place for place, document in enumerate(documents)}
    judged: dict[str, dict[str, int]] = defaultdict(dict)
    for line in (folder / "qrels.tsv").read_text().splitlines()[1:]:
        question, document, score = line.split("\t")
        if int(score) > 0 and document in places:
            judged[question][place_id(places[document])] = int(score)
    questions = [json.loads(line) for line in (folder / "queries.jsonl").read_text().splitlines()]
    questions = [question for question in questions if question["id"] in judged]
    questions = questions[:: -(-len(questions) // (most or len(questions)))]
    return Collection(kind, documents, questions, [judged[question["id"]] for question in questions])


def place_id(place: int) -> str:
    """What the id of a document's chunk ends in."""
    return f"{place:08x}"


@cache
def embedder_of(model: str) -> Embedder:
    """A bundled model."""
    return embedders.local_embedder(model)


class Known:
    """An embedder that has embedded the questions before: its time is not that of the search."""

    def __init__(self, real: Embedder, vectors: Mapping[str, Vectors]) -> None:
        self._real, self._vectors = real, vectors

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def embed_query(self, question: str) -> Vectors:
        """The vector of a question that was embedded before: (dimension,)."""
        return self._vectors[question]


_asked: dict[str, Known] = {}


def known(collection: Collection) -> Known:
    """The model of a collection, with its questions embedded, which is done once."""
    name = collection.kind.name
    if name not in _asked:
        real = embedder_of(collection.kind.model)
        texts = [question["text"] for question in collection.questions]
        _asked[name] = Known(real, {text: real.embed_query(text) for text in texts})
    return _asked[name]


@dataclass(frozen=True)
class Ingested:
    """A collection as a dataset, a document and a chunk for every text."""

    kb: Knowledgebase
    embedding: float
    """Seconds that it took to embed the passages; 0 where they were embedded before."""
    indexing: float
    """Seconds that it took to make the chunks searchable."""


def ingest(collection: Collection, vectors: Vectors | None = None) -> Ingested:
    """Make a dataset of `collection`."""
    embedder = embedder_of(collection.kind.model)
    began = time.perf_counter()
    if vectors is None:
        vectors = embedder.embed(collection.passages)
    embedded = time.perf_counter() - began
    kb = dataset(collection.kind, embedder)
    chunks = rows(kb, collection.documents)
    titles = [document.get("title", "") for document in collection.documents]
    entries = [indexing.Entry(*parts) for parts in zip(chunks, vectors, titles, strict=True)]
    began = time.perf_counter()
    index(kb, entries, space=indexing.space_of(embedder))
    indexed = time.perf_counter() - began
    statistics.settle()
    vacuum()
    return Ingested(Knowledgebase.objects.get(pk=kb.pk), embedded, indexed)


def dataset(kind: Kind, embedder: Embedder) -> Knowledgebase:
    """An empty dataset."""
    from tests.factories import KnowledgebaseFactory, UserFactory

    return KnowledgebaseFactory(owner=UserFactory(), name=kind.name, language=kind.language, embd_id=embedder.model_id)


def rows(kb: Knowledgebase, documents: Sequence[dict[str, str]]) -> list[Chunk]:
    """A document and a chunk of it for every text."""
    from documents.models import Document

    written = Document.objects.bulk_create(
        Document(kb=kb, created_by=kb.created_by, name=f"{place}.txt", type="doc") for place in range(len(documents))
    )
    return Chunk.objects.bulk_create(
        Chunk(id=f"{kb.pk[:8]}{place_id(place)}", document=document, kb=kb, content=row["text"], seq=place)
        for place, (document, row) in enumerate(zip(written, documents, strict=True))
    )


def index(kb: Knowledgebase, entries: Sequence[indexing.Entry], *, space: EmbeddingSpace) -> None:
    """Index chunks, as many at a time as an ordinary document has."""
    from django.db import transaction

    for start in range(0, len(entries), PER_DOCUMENT):
        with transaction.atomic():
            indexing.index_chunks(kb, entries[start : start + PER_DOCUMENT], space=space)


def vacuum() -> None:
    """What autovacuum does within a minute of an ingestion."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def quality(collection: Collection, kb: Knowledgebase, weight: float) -> float:
    """nDCG@10 of a dataset that was made of `collection`, with this weight of the vectors."""
    from documents.evaluation.metrics import mean, ndcg
    from knowledgebases.retrieval import Options, retrieve

    options = Options(page_size=10, threshold=0.0, weight=weight)
    embedder = known(collection)
    scores = []
    for question, judged in zip(collection.questions, collection.judged, strict=True):
        answer = retrieve([kb], question["text"], options, embedder=embedder)
        scores.append(ndcg([scored.hit.chunk_id[8:] for scored in answer.hits], judged, 10))
    return mean(scores)
