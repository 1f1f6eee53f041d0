"""Rows for `bench_api`, written by a process of the site's own settings: `python -m tests.benchmarks.seeding EMAIL`.

Datasets and documents are plain rows, as many as a large site has; one small dataset has passages to search.
"""

import json
import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ragsite.settings.base")

import django

django.setup()

from django.db import connection  # noqa: E402

from documents.models import Document, Run  # noqa: E402
from knowledgebases import indexing, parser_config  # noqa: E402
from knowledgebases.embedding import embedder_for  # noqa: E402
from knowledgebases.lexical import statistics  # noqa: E402
from knowledgebases.models import Chunk, Knowledgebase, chunk_id  # noqa: E402
from system.models import User  # noqa: E402

DATASETS = 2_000
DOCUMENTS = 100_000
LARGEST = 50_000  # documents of the first dataset; the others share the rest
PASSAGES = 500
_SUBJECTS = ["pump", "valve", "invoice", "leave", "turbine", "contract", "archive", "harbour", "lens", "ledger"]
_VERBS = ["replaces", "opens", "checks", "records", "cools", "signs", "stores", "cleans", "measures", "closes"]


def main(email: str) -> None:
    """Write the rows; prints what the benchmark asks for, as JSON."""
    user = User.objects.get(email=email)
    config = parser_config.default("naive")
    kbs = Knowledgebase.objects.bulk_create(
        [
            Knowledgebase(
                tenant=user.tenant,
                created_by=user,
                name=f"dataset {n}",
                embd_id=user.tenant.embd_id,
                parser_config=config,
            )
            for n in range(DATASETS)
        ],
        batch_size=500,
    )
    for start in range(0, DOCUMENTS, 5_000):
        Document.objects.bulk_create(_document(user, kbs, n, config) for n in range(start, start + 5_000))
    searched = _passages(user, kbs[-1], config)
    statistics.settle()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    sample = Document.objects.filter(kb=kbs[0]).order_by("pk").first()
    print(json.dumps({"large": kbs[0].pk, "searched": searched.pk, "document": sample.pk if sample else ""}))


def _document(user: User, kbs: list[Knowledgebase], n: int, config: dict[str, object]) -> Document:
    kb = kbs[0] if n < LARGEST else kbs[1 + n % (DATASETS - 1)]
    run = (Run.DONE, Run.UNSTART, Run.FAIL)[n % 3]
    return Document(
        kb=kb, created_by=user, name=f"report {n}.pdf", type="pdf", suffix="pdf", run=run, size=n, parser_config=config
    )


def _passages(user: User, kb: Knowledgebase, config: dict[str, object]) -> Knowledgebase:
    document = Document.objects.create(
        kb=kb, created_by=user, name="rules.txt", type="doc", suffix="txt", run=Run.DONE, parser_config=config
    )
    texts = [
        f"Rule {n}: whoever {_VERBS[n % 10]} the {_SUBJECTS[n // 10 % 10]} tells unit {n // 100} within {n} hours."
        for n in range(PASSAGES)
    ]
    chunks = Chunk.objects.bulk_create(
        Chunk(id=chunk_id(document.pk, text), document=document, kb=kb, content=text, seq=n)
        for n, text in enumerate(texts)
    )
    embedder = embedder_for(kb)
    vectors = embedder.embed(texts)
    entries = [indexing.Entry(chunk, vector, "rules") for chunk, vector in zip(chunks, vectors, strict=True)]
    indexing.index_chunks(kb, entries, space=indexing.space_of(embedder))
    return kb


if __name__ == "__main__":
    main(sys.argv[1])
