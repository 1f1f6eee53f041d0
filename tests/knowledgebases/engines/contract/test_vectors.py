"""What every engine does with vectors: the nearest of one space, and both scores for each hit."""

import numpy as np
import pytest

from knowledgebases import indexing
from knowledgebases.models import Chunk, DenseRow, EmbeddingSpace
from tests.factories import DocumentFactory, KnowledgebaseFactory
from tests.knowledgebases.conftest import EAST, NORTH
from tests.knowledgebases.engines.conftest import contents


def test_vectors_find_chunks_and_every_hit_has_both_scores(kb, document, add, space, ask):
    add(document, "east wind", "north wind", "up and away")

    found = {hit.content: hit for hit in ask("wind", kb, vector=EAST, space_id=space.pk, lexical=1, dense=1).hits}

    assert found["east wind"].cosine == pytest.approx(1)
    assert all(hit.term > 0 and hit.cosine is not None for hit in found.values())


def test_spaces_do_not_mix(kb, document, add, space, ask):
    add(document, "east wind")
    other = EmbeddingSpace.objects.create(model_id="other@Builtin", revision="1", dimension=4, floor=0)

    assert list(ask("", kb, vector=EAST, space_id=other.pk).hits) == []


def test_a_chunk_with_vectors_in_two_spaces_is_found_by_that_of_the_space_asked(kb, document, add, space, ask):
    (chunk,) = add(document, "east wind")
    other = EmbeddingSpace.objects.create(model_id="other@Builtin", revision="1", dimension=4, floor=0)
    DenseRow.objects.create(
        chunk=chunk, space=other, kb_id=kb.pk, document_id=document.pk, embedding=indexing.halfvec(NORTH, other)
    )

    cosines = [ask("", kb, vector=EAST, space_id=pk).hits[0].cosine for pk in (space.pk, other.pk)]

    assert cosines == [pytest.approx(1), pytest.approx(0)]


def test_a_vector_without_direction_harms_nobody(kb, document, add, space, ask):
    add(document, "east wind", vector=np.zeros(4, dtype=np.float32))

    (hit,) = ask("wind", kb, vector=EAST, space_id=space.pk).hits

    assert (hit.content, hit.cosine) == ("east wind", pytest.approx(0))


def test_other_datasets_are_not_searched(kb, document, add, space, ask):
    stranger = DocumentFactory()
    add(stranger, "east wind")
    add(document, "north wind")

    assert contents(ask("wind", kb, vector=EAST, space_id=space.pk)) == ["north wind"]


def test_the_nearest_of_a_small_dataset_beside_a_large_one_are_the_true_ones(kb, document, add, space, ask):
    generator = np.random.default_rng(1)
    large = DocumentFactory(kb=KnowledgebaseFactory(embd_id=kb.embd_id, owner=kb.created_by))
    _scatter(large, add, generator, space, 600)
    vectors = _scatter(document, add, generator, space, 100)

    found = ask("", kb, vector=EAST, space_id=space.pk, dense=20, chunks=100)

    nearest = sorted(vectors, key=lambda pk: -float(vectors[pk] @ EAST))[:20]
    assert found.near
    assert {hit.chunk_id for hit in found.hits} == set(nearest)


def _scatter(document, add, generator, space, number):
    """Chunks that point anywhere; their vectors by their ids."""
    vectors = generator.normal(size=(number, 4)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    chunks = add(document, *(f"text {place}" for place in range(number)))
    entries = [indexing.Entry(chunk, vector) for chunk, vector in zip(chunks, vectors, strict=True)]
    indexing.index_chunks(document.kb, entries, space=space)
    return {chunk.pk: vector for chunk, vector in zip(chunks, vectors, strict=True)}


def test_a_chunk_whose_text_was_changed_is_found_by_the_new_one_alone(kb, document, add, space, ask):
    (chunk,) = add(document, "east wind")
    ask("wind", kb)
    chunk.content = "north rain"
    Chunk.objects.filter(pk=chunk.pk).update(content=chunk.content)

    indexing.index_chunks(kb, [indexing.Entry(chunk, NORTH)], space=space)

    assert list(ask("wind", kb).hits) == []
    (hit,) = ask("rain", kb, vector=NORTH, space_id=space.pk).hits
    assert hit.cosine == pytest.approx(1)
