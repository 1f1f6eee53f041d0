"""Where Elasticsearch takes no writes: it is told, tried again, and nothing is lost or unfound meanwhile."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from knowledgebases.engines.elastic import client, indexes, lag, sync
from knowledgebases.models import PendingChunk, SearchIndex
from system.errors import RagError, Unavailable
from tests.loopback import reply, serving

PRODUCT = {"X-Elastic-Product": "Elasticsearch", "Content-Type": "application/json"}


@pytest.fixture(autouse=True)
def hasty(monkeypatch):
    monkeypatch.setattr(sync, "TRIES", 0)


def due_now():
    SearchIndex.objects.update(retry_at=timezone.now() - timedelta(seconds=1))


@pytest.mark.parametrize(
    "block",
    [
        pytest.param("index.blocks.read_only_allow_delete", id="of a disk that is too full"),
        pytest.param("index.blocks.read_only", id="of somebody who keeps it as it is"),
        pytest.param("index.blocks.write", id="of writes"),
    ],
)
def test_a_block_is_told_and_tried_again(elasticsearch, follow, ask_elasticsearch, kb, document, add, block):
    add(document, "east wind")
    index = follow()
    elasticsearch.indices.put_settings(index=index.name, settings={block: True})
    add(document, "north wind")

    assert sync.follow() == 0

    with pytest.raises(RagError, match=r"cluster_block_exception.* 1 passages wait"):
        lag.health()
    assert sync.follow() == 0  # not before its time
    assert ask_elasticsearch("wind", kb) == ["east wind", "north wind"]
    assert ask_elasticsearch.said == ""

    elasticsearch.indices.put_settings(index=index.name, settings={block: None})
    due_now()
    assert sync.follow() == 1

    assert lag.health()["pending"] == 0
    assert lag.lag().trouble == ""


def test_pauses_grow_and_end(document, add, settings, db):
    settings.RAG_ELASTICSEARCH_URL = "http://127.0.0.1:9"
    pauses = []
    for _ in range(8):
        sync.follow()
        pauses.append(round((SearchIndex.objects.get().retry_at - timezone.now()).total_seconds()))
        due_now()

    assert pauses == [2, 4, 8, 16, 32, 60, 60, 60]


def test_an_answer_that_is_none_is_told_and_tried_again(settings, document, add, db, monkeypatch):
    indexes.wanted()
    monkeypatch.setattr(indexes, "prepare", lambda index, es: set())
    add(document, "apples")

    monkeypatch.setattr(indexes, "fit", lambda index, es: set())

    with serving(lambda handler, request: reply(handler, b"{}", headers=PRODUCT)) as server:
        settings.RAG_ELASTICSEARCH_URL = server.url
        assert sync.follow() == 0

    index = SearchIndex.objects.get()
    assert "no answer" in index.trouble
    assert index.retry_at is not None
    assert PendingChunk.objects.count() == 1


def test_a_full_queue_is_waited_for(settings, document, add, monkeypatch, db):
    """The one answer that a server of its own cannot be brought to give."""
    monkeypatch.setattr(sync, "TRIES", 2)
    index = SearchIndex.objects.create(name="ragsite-1", revision="1")
    ids = [chunk.pk for chunk in add(document, "apples", "pears")]
    asked = []

    def answer(handler, request):
        if "_bulk" in request.path:
            asked.append(request.body)
        busy = {"status": 429, "error": {"type": "es_rejected_execution_exception", "reason": "the queue is full"}}
        taken = [pk for pk in sorted(ids) if pk.encode() in request.body]
        items = [{"index": {"_id": pk, **({"status": 201} if place or len(asked) > 1 else busy)}}
                 for place, pk in enumerate(taken)]  # fmt: skip
        reply(handler, json.dumps({"errors": len(asked) == 1, "items": items}).encode(), headers=PRODUCT)

    with serving(answer) as server:
        settings.RAG_ELASTICSEARCH_URL = server.url
        done = sync._bring(index, client.patient(), sync._noted(index))

    assert done == 2
    assert [[pk.encode() in body for pk in sorted(ids)] for body in asked] == [[True, True], [True, False]]
    assert not PendingChunk.objects.exists()


def test_an_index_that_is_lost_in_between_is_not_made_by_a_write(elasticsearch, settings, follow, document, add):
    index = follow()
    add(document, "apples")
    elasticsearch.indices.delete(index=index.name)

    with pytest.raises(Unavailable), client.in_our_words():
        sync._bring(index, elasticsearch, sync._noted(index))

    assert not elasticsearch.indices.exists(index=index.name)
    assert PendingChunk.objects.get().trouble == ""
