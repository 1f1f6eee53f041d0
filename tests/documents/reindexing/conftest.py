"""A dataset of made-up texts, embedded by one model behind an endpoint and to be embedded by another."""

import json
import threading
import zlib

import numpy as np
import pytest
from django.db import connections

from documents import reindexing
from documents.models import Document, Reindex
from documents.reindexing import dense
from documents.vectors import TitledEmbedder
from knowledgebases import embedders, indexing
from knowledgebases.embedders.openai import UNRELATED
from knowledgebases.embedding import embedder_for
from knowledgebases.models import Chunk, Knowledgebase, chunk_id
from system.models import ModelEndpoint
from tests.factories import DocumentFactory, KnowledgebaseFactory
from tests.loopback import reply, serving

PROVIDER = "OpenAI-API-Compatible"
OLD, NEW = f"old@{PROVIDER}", f"new@{PROVIDER}"
DIMENSIONS = {"old": 8, "new": 12}
SIZE = 2 * dense.BATCH + 12
UNTITLED = {"filename_embd_weight": 0}
FLOOR = {text for pair in UNRELATED for text in pair}


def vector(model, text):
    """What a model makes of a text."""
    numbers = np.random.default_rng(zlib.crc32(f"{model} {text}".encode())).normal(size=DIMENSIONS[model])
    return numbers / np.linalg.norm(numbers)


class Models:
    """What the endpoint was asked, and how it answers."""

    def __init__(self):
        self.asked = []  # pairs of model and text
        self.refusal = None  # a status to answer with
        self.before = lambda model, texts: None  # called before each answer
        self.lies = False  # whether the same text gets another vector each time
        self._lock = threading.Lock()

    def answer(self, handler, request):
        body = json.loads(request.body)
        model, texts = body["model"], body["input"]
        try:
            self.before(model, texts)
        finally:
            connections.close_all()  # of this thread
        if self.refusal:
            reply(handler, b'{"error": "out of order"}', status=self.refusal)
            return
        with self._lock:
            self.asked += [(model, text) for text in texts]
        salt = str(len(self.asked)) if self.lies else ""
        rows = [
            {"index": number, "embedding": vector(model, text + salt).tolist()} for number, text in enumerate(texts)
        ]
        reply(handler, json.dumps({"data": rows}).encode())

    def texts(self, model):
        """Texts that a model was asked for, but for those that its floor is found by."""
        return [text for name, text in self.asked if name == model and text not in FLOOR]


@pytest.fixture
def models(owner, monkeypatch):
    """Two models of the owner's tenant."""
    state = Models()
    with serving(state.answer) as server:
        for name, dimension in DIMENSIONS.items():
            ModelEndpoint.objects.create(
                tenant=owner.tenant, provider=PROVIDER, name=name, base_url=f"{server.url}/v1", dimension=dimension
            )
        monkeypatch.setattr(embedders, "_site", embedders.Site(private_endpoints=(server.endpoint,), slots=None))
        yield state


@pytest.fixture
def kb(owner, models):
    return KnowledgebaseFactory(owner=owner, name="Otters", embd_id=OLD, parser_config=UNTITLED)


@pytest.fixture
def document(kb):
    return DocumentFactory(
        kb=kb, name="otters.txt", parser_config=UNTITLED, run="3", progress=1, published_gen=1, gen=1
    )


@pytest.fixture
def fill():
    """Put chunks into a document, searchable."""

    def fill(document, count, *, word="otter", first=0):
        embedder = embedder_for(document.kb)
        titled, space = TitledEmbedder(embedder, document), indexing.space_of(embedder)
        texts = [f"{word} number{number} swims" for number in range(first, first + count)]
        chunks = [
            Chunk(
                id=chunk_id(document.pk, text),
                document=document,
                kb_id=document.kb_id,
                gen=1,
                seq=first + number,
                content=text,
                tokens=3,
                digest=titled.digest(text),
            )
            for number, text in enumerate(texts)
        ]
        Chunk.objects.bulk_create(chunks)
        vectors = titled.embed(texts)
        entries = [indexing.Entry(chunk, found, "otters") for chunk, found in zip(chunks, vectors, strict=True)]
        indexing.index_chunks(document.kb, entries, space=space)
        return texts

    return fill


@pytest.fixture
def size():
    """How many chunks there are: some batches."""
    return SIZE


@pytest.fixture
def filled(document, fill, kb, size):
    """The document with its chunks."""
    fill(document, size)
    kb.refresh_from_db()
    return Document.objects.get(pk=document.pk)


@pytest.fixture
def begun(filled, kb):
    """A reindex of the dataset with the other model."""

    def begun(**options):
        return reindexing.start(kb, **{"model": NEW, **options})

    return begun


@pytest.fixture
def work():
    """Be the worker until nothing is left to do for reindexes; returns the reindex as it is then."""

    def work():
        while reindexing.advance():
            pass
        return Reindex.objects.latest("pk")

    return work


@pytest.fixture
def now(kb):
    """The dataset as the next request reads it."""

    def now():
        return Knowledgebase.objects.select_related("space", "tenant").get(pk=kb.pk)

    return now
