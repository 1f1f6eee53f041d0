"""The index is made equal to the search rows: whatever happens on the way, in however many steps."""

import pytest
from django.db import connection
from pgvector import SparseVector

from knowledgebases.engines.elastic import lag, mapping, sync
from knowledgebases.lexical import tokenizer
from knowledgebases.models import Chunk, IndexState, LexicalRow, PendingChunk
from system.errors import Unavailable
from tests.factories import DocumentFactory
from tests.knowledgebases.conftest import EAST


def held(es, index):
    """What the index holds: datasets by chunks."""
    es.indices.refresh(index=index.name)
    answer = es.search(index=index.name, docvalue_fields=["kb", "available"], size=1000)
    return {hit["_id"]: hit["fields"]["available"][0] for hit in answer["hits"]["hits"]}


def test_what_there_is_and_what_changes_is_brought(elasticsearch, follow, document, add):
    first, second = add(document, "apples", "pears")
    index = follow()
    assert held(elasticsearch, index) == {first.pk: True, second.pk: True}

    Chunk.objects.filter(pk=first.pk).delete()
    Chunk.objects.filter(pk=second.pk).update(available=False)
    (third,) = add(DocumentFactory(kb=document.kb), "plums")
    follow()

    assert held(elasticsearch, index) == {second.pk: False, third.pk: True}


def test_what_is_known_is_not_written_again(elasticsearch, follow, document, add):
    add(document, "apples", "pears")
    follow()

    assert sync.follow() == 0


def test_many_chunks_are_brought_in_batches(elasticsearch, follow, document, add, monkeypatch):
    monkeypatch.setattr(sync, "BATCH", 7)
    chunks = add(document, *(f"text {number}" for number in range(30)))

    index = follow()

    assert set(held(elasticsearch, index)) == {chunk.pk for chunk in chunks}


def test_a_pass_ends_after_its_time_and_the_next_goes_on(elasticsearch, follow, document, add, monkeypatch):
    follow()
    monkeypatch.setattr(sync, "BATCH", 7)
    monkeypatch.setattr(sync, "PASS_SECONDS", -1)
    add(document, *(f"text {number}" for number in range(10)))

    assert [sync.follow() for _ in range(3)] == [7, 3, 0]


def test_a_change_that_comes_while_its_chunk_is_written_is_brought_next(
    elasticsearch, follow, document, add, monkeypatch
):
    index = follow()
    (chunk,) = add(document, "apples")
    forget = sync._forget

    def change_first(index, known):
        monkeypatch.setattr(sync, "_forget", forget)
        Chunk.objects.filter(pk=chunk.pk).update(available=False)
        forget(index, known)

    monkeypatch.setattr(sync, "_forget", change_first)
    sync.follow()
    sync.follow()

    assert held(elasticsearch, index) == {chunk.pk: False}
    assert not PendingChunk.objects.exists()


def test_a_death_before_the_notes_go_costs_a_batch_that_is_written_twice(
    elasticsearch, follow, document, add, monkeypatch
):
    index = follow()
    chunks = add(document, "apples", "pears")

    def die(index, known):
        raise SystemExit

    with monkeypatch.context() as dying:
        dying.setattr(sync, "_forget", die)
        with pytest.raises(SystemExit):
            sync.follow()

    assert PendingChunk.objects.count() == 2
    assert sync.follow() == 2
    assert set(held(elasticsearch, index)) == {chunk.pk for chunk in chunks}


def test_a_write_that_comes_too_late_changes_nothing(elasticsearch, follow, document, add):
    """A worker that was thought dead sends what it had read: the index knows a later version."""
    index = follow()
    (chunk,) = add(document, "apples")
    (late,) = sync._noted(index)
    Chunk.objects.filter(pk=chunk.pk).delete()
    sync.follow()

    sync._bring(index, elasticsearch, [late])

    assert held(elasticsearch, index) == {}


def test_only_one_follows_at_a_time(elasticsearch, follow, document, add):
    follow()
    add(document, "apples")
    with connection.copy().cursor() as other:  # somebody else's session
        other.execute("SELECT pg_advisory_lock(hashtextextended('rag_search_index', 0))")

        assert sync.follow() == 0

        other.connection.close()
    assert PendingChunk.objects.count() == 1


def test_a_chunk_that_is_refused_keeps_nobody_back_and_is_found_all_the_same(
    elasticsearch, follow, kb, document, add, space, ask_elasticsearch
):
    follow()
    refused, other = add(document, "east wind", "north wind")
    LexicalRow.objects.filter(pk=refused.pk).update(weights=SparseVector({5: -1.0}, tokenizer.DIMENSIONS))

    index = follow()

    assert set(held(elasticsearch, index)) == {other.pk}
    note = PendingChunk.objects.get()
    assert (note.chunk_id, note.retry_at is None) == (refused.pk, False)
    assert "must be a positive" in note.trouble
    assert lag.lag().refused == 1
    assert ask_elasticsearch("", kb, vector=EAST, space_id=space.pk) == ["east wind", "north wind"]


def test_words_are_spelled_as_the_database_spells_them():
    assert sync._words("{7:0.5,536870912:1e-05}/536870912") == {"7": 0.5, "536870912": 1e-05}
    assert sync._words("{}/536870912") == {}


def test_nothing_is_taken_while_it_does_not_answer(settings, document, add, db):
    settings.RAG_ELASTICSEARCH_URL = "http://127.0.0.1:9"
    add(document, "apples")

    assert sync.follow() == 0

    now = lag.lag()
    assert "does not answer" in now.trouble
    assert now.state == IndexState.NEW
    with pytest.raises(Unavailable, match="does not answer"):
        lag.health()


def test_fields_are_explicit_about_what_they_index():
    made = mapping.mapping().to_dict()

    assert made["dynamic"] == "strict"
    assert made["_source"] == {"enabled": False}
    assert made["properties"]["kb"]["index_options"] == "docs"
    assert made["properties"]["words"]["index_options"] == {"prune": False}
