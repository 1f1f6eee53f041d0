"""Datasets with chunks in a small embedding space whose vectors a test can write down."""

import numpy as np
import pytest

from knowledgebases import indexing
from knowledgebases.models import Chunk, Knowledgebase, chunk_id
from tests.factories import DocumentFactory, KnowledgebaseFactory

EAST, NORTH, UP, NOWHERE = np.eye(4, dtype=np.float32)


class Compass:
    """An embedding model of four directions: a text points to the one it names, else nowhere."""

    model_id = "compass@Builtin"
    dimension = 4
    floor = 0.0

    def __init__(self, revision="1"):
        self.revision = revision

    def embed(self, texts):
        return np.stack([self.embed_query(text) for text in texts])

    def embed_query(self, text):
        named = [vector for name, vector in (("east", EAST), ("north", NORTH), ("up", UP)) if name in text.lower()]
        mixed = np.sum(named or [NOWHERE], axis=0)
        return (mixed / np.linalg.norm(mixed)).astype(np.float32)

    def count_tokens(self, texts):
        return [len(text.split()) for text in texts]


@pytest.fixture
def compass():
    return Compass()


@pytest.fixture
def space(db, compass):
    return indexing.space_of(compass)


@pytest.fixture
def kb(db):
    return KnowledgebaseFactory(embd_id=Compass.model_id)


@pytest.fixture
def document(kb):
    return DocumentFactory(kb=kb, name="handbook.txt")


@pytest.fixture
def add(space, compass):
    """Make texts searchable chunks of a document; returns the chunks."""

    def add(document, *contents, title="", vector=None, **fields):
        chunks = [
            Chunk(
                id=chunk_id(document.pk, content), document=document, kb=document.kb, content=content, seq=seq, **fields
            )
            for seq, content in enumerate(contents)
        ]
        Chunk.objects.bulk_create(chunks)
        entries = [
            indexing.Entry(chunk, compass.embed_query(chunk.content) if vector is None else vector, title)
            for chunk in chunks
        ]
        indexing.index_chunks(document.kb, entries, space=space)
        return chunks

    return add


@pytest.fixture
def fresh():
    """A dataset as the next request reads it."""

    def fresh(kb):
        return Knowledgebase.objects.select_related("space").get(pk=kb.pk)

    return fresh
