"""Quality and speed of retrieval, end to end through the database: `make bench`, or run this file.

Quality: nDCG@10 of words alone, vectors alone and both, on the development collections (../shared/data/retrieval).
Speed: p50 and p95 of whole retrievals (questions embedded before) and of their SQL alone, in a dataset of 10,000.
Works in a database of its own that is dropped at the end; prints tables, asserts nothing.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data" / "retrieval"
# name, language, model, design target of the hybrid
MINILM, E5 = "all-MiniLM-L6-v2", "multilingual-e5-small"
COLLECTIONS = [
    ("cranfield", "English", MINILM, 0.415),
    ("scifact-train", "English", MINILM, 0.73),
    ("chroma-chunked", "English", MINILM, 0.79),
    ("xquad-en", "English", MINILM, 0.0),
    ("xquad-es", "Spanish", E5, 0.0),
    ("xquad-zh", "Chinese", E5, 0.975),
    ("cmrc2018", "Chinese", E5, 0.985),
]
SPEED_CHUNKS = 10_000
_vectors: dict[str, Any] = {}


@dataclass
class Collection:
    """Documents, questions, and the grades of what answers each question, by `place_id` in `documents`."""

    name: str
    documents: list[dict[str, str]]
    questions: list[dict[str, str]]
    judged: list[dict[str, int]]


def load(name: str) -> Collection:
    """A collection; questions without a judged document are left out."""
    documents = [json.loads(line) for line in (DATA / name / "corpus.jsonl").read_text().splitlines()]
    places = {document["id"]: place for place, document in enumerate(documents)}
    judged: dict[str, dict[str, int]] = defaultdict(dict)
    for line in (DATA / name / "qrels.tsv").read_text().splitlines()[1:]:
        question, document, score = line.split("\t")
        if int(score) > 0 and document in places:
            judged[question][place_id(places[document])] = int(score)
    questions = [json.loads(line) for line in (DATA / name / "queries.jsonl").read_text().splitlines()]
    questions = [question for question in questions if question["id"] in judged]
    return Collection(name, documents, questions, [judged[question["id"]] for question in questions])


def place_id(place: int) -> str:
    """What the id of a document's chunk ends in."""
    return f"{place:08x}"


def embedded(collection: Collection, embedder: Any, *, kept: Path | None) -> Any:
    """Vectors of a collection, computed once in a run, and remembered in the directory `kept` where one is given."""
    if collection.name not in _vectors:
        file = kept / f"{collection.name}.npy" if kept else None
        if file is not None and file.exists():
            _vectors[collection.name] = np.load(file)
        else:
            _vectors[collection.name] = embedder.embed(passages(collection))
            if file is not None:
                np.save(file, _vectors[collection.name])
    return _vectors[collection.name]


def passages(collection: Collection) -> list[str]:
    """What is embedded: title and text."""
    return [f"{document.get('title', '')}\n{document['text']}".strip() for document in collection.documents]


def ingest(collection: Collection, language: str, vectors: Any, embedder: Any) -> tuple[Any, float]:
    """The collection as a dataset, a document and a chunk for every text; and the seconds that indexing took."""
    from django.db import transaction

    from documents.models import Document
    from knowledgebases import indexing
    from knowledgebases.lexical import statistics as lexical
    from knowledgebases.models import Chunk, Knowledgebase
    from system.models import Tenant, User

    user, _ = User.objects.get_or_create(email="bench@example.org", defaults={"nickname": "bench"})
    tenant, _ = Tenant.objects.get_or_create(id=user.pk, owner=user, defaults={"name": "bench"})
    kb = Knowledgebase.objects.create(
        tenant=tenant, created_by=user, name=collection.name, language=language, embd_id=embedder.model_id
    )
    documents = Document.objects.bulk_create(
        Document(kb=kb, created_by=user, name=f"{place}.txt", type="doc") for place in range(len(collection.documents))
    )
    chunks = Chunk.objects.bulk_create(
        Chunk(id=f"{kb.pk[:8]}{place_id(place)}", document=document, kb=kb, content=row["text"], seq=place)
        for place, (document, row) in enumerate(zip(documents, collection.documents, strict=True))
    )
    titles = [row.get("title", "") for row in collection.documents]
    entries = [indexing.Entry(*parts) for parts in zip(chunks, vectors, titles, strict=True)]
    space = indexing.space_of(embedder)
    began = time.perf_counter()
    for start in range(0, len(entries), 50):  # as many as an ordinary document has
        with transaction.atomic():
            indexing.index_chunks(kb, entries[start : start + 50], space=space)
    seconds = time.perf_counter() - began
    lexical.settle()
    vacuum()
    return Knowledgebase.objects.get(pk=kb.pk), seconds


def vacuum() -> None:
    """What autovacuum does within a minute of an ingestion."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def quality(collection: Collection, language: str, target: float, embedder: Any, kept: Path | None) -> None:
    """Print a line of nDCG@10."""
    from documents.evaluation.metrics import mean, ndcg
    from knowledgebases.retrieval import Options, retrieve

    vectors = embedded(collection, embedder, kept=kept)
    kb, seconds = ingest(collection, language, vectors, embedder)
    means = []
    for weight in (0.0, 1.0, 0.3, 0.5):
        options = Options(page_size=10, threshold=0.0, weight=weight)
        scores = []
        for question, judged in zip(collection.questions, collection.judged, strict=True):
            answer = retrieve([kb], question["text"], options, embedder=embedder)
            scores.append(ndcg([scored.hit.chunk_id[8:] for scored in answer.hits], judged, 10))
        means.append(mean(scores))
    rate = len(collection.documents) / seconds
    print(f"{collection.name:16}" + "".join(f"{mean:10.4f}" for mean in means) + f"{target:10.3f}{rate:12.0f}")


def speed(collections: list[Collection], embedder: Any, kept: Path | None) -> None:
    """Print p50 and p95 over a dataset of `SPEED_CHUNKS` chunks, made of the collections' texts."""
    from django.db import connection

    from knowledgebases.retrieval import Options, retrieve

    texts = [document for collection in collections for document in collection.documents]
    vectors = np.concatenate([embedded(collection, embedder, kept=kept) for collection in collections])
    places = [place % len(texts) for place in range(SPEED_CHUNKS)]
    mixed = Collection("speed", [texts[place] for place in places], [], [])
    kb, _ = ingest(mixed, "English", vectors[places], embedder)
    questions = [question["text"] for collection in collections for question in collection.questions[:100]]
    whole: list[float] = []
    statements: list[float] = []

    def watch(run: Any, *arguments: Any) -> Any:
        return _timed(lambda: run(*arguments), statements)

    with connection.execute_wrapper(watch):
        for round_ in range(2):
            if round_ == 1:  # the first round warmed the caches
                whole.clear()
                statements.clear()
            for question in questions:
                _timed(lambda asked=question: retrieve([kb], asked, Options(highlight=True), embedder=embedder), whole)
    for name, times in (("retrieve", whole), ("search statements", statements)):
        cuts = statistics.quantiles(times, n=20)
        print(f"{name:20} p50 {cuts[9] * 1000:6.1f} ms   p95 {cuts[18] * 1000:6.1f} ms   ({SPEED_CHUNKS} chunks)")


def _timed(deed: Callable[[], Any], times: list[float]) -> Any:
    began = time.perf_counter()
    try:
        return deed()
    finally:
        times.append(time.perf_counter() - began)


def main() -> int:
    """Run both halves in a database of their own."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--vectors", type=Path, help="directory to keep embedded passages in between runs")
    arguments.add_argument("--only", nargs="*", help="names of collections; all unless given")
    options = arguments.parse_args()
    if not DATA.is_dir():
        print(f"skipped: the development collections are not at {DATA}")
        return 0
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ragsite.settings.test")
    import django

    django.setup()
    from django.db import connection

    from knowledgebases import embedders

    if options.vectors:
        options.vectors.mkdir(parents=True, exist_ok=True)
    real_name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        print(f"{'nDCG@10':16}{'words':>10}{'vectors':>10}{'w .3':>10}{'w .5':>10}{'target':>10}{'chunks/s':>12}")
        collections = []
        for name, language, model, target in COLLECTIONS:
            if options.only and name not in options.only:
                continue
            collection = load(name)
            quality(collection, language, target, embedders.local_embedder(model), options.vectors)
            if model == MINILM:
                collections.append(collection)
        if collections:
            speed(collections, embedders.local_embedder(MINILM), options.vectors)
    finally:
        connection.creation.destroy_test_db(real_name, verbosity=0)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
