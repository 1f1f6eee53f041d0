"""The life of an index: another one is filled beside the one that serves, and takes over at once."""

import pytest

from knowledgebases.engines.elastic import indexes, mapping, parity, sync
from knowledgebases.models import Chunk, IndexState, PendingChunk, SearchIndex


def names(es, settings):
    return sorted(es.indices.get(index=f"{settings.RAG_ELASTICSEARCH_INDEX}-*"))


def test_the_first_is_filled_and_serves_under_an_alias(elasticsearch, settings, follow, document, add):
    add(document, "apples")

    index = follow()

    assert names(elasticsearch, settings) == [index.name]
    assert list(elasticsearch.indices.get_alias(name=settings.RAG_ELASTICSEARCH_INDEX)) == [index.name]


def test_a_new_mapping_is_filled_beside_the_old_one_and_takes_its_place(
    elasticsearch, settings, follow, ask_elasticsearch, kb, document, add, monkeypatch
):
    add(document, "apples", "apples and pears")
    old = follow()
    monkeypatch.setattr(mapping, "REVISION", "2")
    monkeypatch.setattr(sync, "BATCH", 1)
    monkeypatch.setattr(sync, "PASS_SECONDS", -1)
    monkeypatch.setattr(parity, "FEW", 0)

    sync.follow()

    states = dict(SearchIndex.objects.values_list("name", "state"))
    assert states.pop(old.name) == IndexState.SERVING
    assert list(states.values()) == [IndexState.FILLING]
    assert ask_elasticsearch("apples", kb) == ["apples", "apples and pears"]
    add(document, "more apples")  # noted for both
    assert PendingChunk.objects.filter(index_id=old.pk).count() == 1

    for _ in range(4):
        sync.follow()

    (new,) = SearchIndex.objects.all()
    assert (new.state, new.revision) == (IndexState.SERVING, "2")
    assert names(elasticsearch, settings) == [new.name]
    assert list(elasticsearch.indices.get_alias(name=settings.RAG_ELASTICSEARCH_INDEX)) == [new.name]
    assert ask_elasticsearch("apples", kb) == ["apples", "apples and pears", "more apples"]
    assert not PendingChunk.objects.exists()


def test_one_that_was_removed_behind_our_back_is_built_anew(
    elasticsearch, follow, ask_elasticsearch, kb, document, add
):
    add(document, "apples")
    index = follow()
    elasticsearch.indices.delete(index=index.name)

    meanwhile = ask_elasticsearch("apples", kb), ask_elasticsearch.said
    follow()

    assert meanwhile[0] == ["apples"]
    assert "no such index" in meanwhile[1]
    assert (ask_elasticsearch("apples", kb), ask_elasticsearch.said) == (["apples"], "")


def test_a_death_while_it_is_put_to_service_is_made_good(elasticsearch, settings, follow, document, add, monkeypatch):
    add(document, "apples")
    follow()
    monkeypatch.setattr(mapping, "REVISION", "2")

    def die(*args):
        raise SystemExit

    with monkeypatch.context() as dying:
        dying.setattr(indexes, "point", die)
        with pytest.raises(SystemExit):
            sync.follow()
    sync.follow()

    (new,) = SearchIndex.objects.all()
    assert names(elasticsearch, settings) == [new.name]
    assert list(elasticsearch.indices.get_alias(name=settings.RAG_ELASTICSEARCH_INDEX)) == [new.name]


def test_one_takes_its_place_though_somebody_writes_all_the_time(elasticsearch, follow, document, add, monkeypatch):
    follow()
    monkeypatch.setattr(mapping, "REVISION", "2")
    monkeypatch.setattr(sync, "PASS_SECONDS", 0.2)
    bring = sync._bring

    def bring_and_write(*given):
        add(document, f"text {PendingChunk.objects.latest('version').version}")
        return bring(*given)

    monkeypatch.setattr(sync, "_bring", bring_and_write)
    add(document, "apples")
    sync.follow()

    assert SearchIndex.objects.get(state=IndexState.SERVING).revision == "2"
    assert PendingChunk.objects.exists()


def test_one_that_lacks_something_is_not_put_to_service(elasticsearch, follow, document, add, monkeypatch):
    chunk, _ = add(document, "apples", "pears")
    settled = parity.settled

    def lose_first(index, es):
        monkeypatch.setattr(parity, "settled", settled)
        es.delete(index=index.name, id=chunk.pk)
        es.indices.refresh(index=index.name)
        return settled(index, es)

    monkeypatch.setattr(parity, "settled", lose_first)
    sync.follow()

    index = SearchIndex.objects.get()
    assert index.state == IndexState.FILLING
    assert [note.chunk_id for note in PendingChunk.objects.all()] == [chunk.pk]
    assert sync.follow() == 1
    index.refresh_from_db()
    assert index.state == IndexState.SERVING


def test_a_site_that_has_no_elasticsearch_any_more_follows_none(settings, follow, document, add):
    add(document, "apples")
    follow()

    settings.RAG_ELASTICSEARCH_URL = ""
    sync.follow()
    Chunk.objects.all().delete()

    assert not SearchIndex.objects.exists()
    assert not PendingChunk.objects.exists()
