"""`manage.py reindex --engine elasticsearch`: the index made anew, all of it or what it holds of a dataset."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from documents.management.commands import reindex
from knowledgebases.engines.elastic import indexes, mapping, parity, sync
from knowledgebases.models import IndexState, PendingChunk, SearchIndex
from tests.factories import DocumentFactory
from tests.knowledgebases.engines.elastic.test_following import held


@pytest.fixture
def command(monkeypatch):
    """Run the command while the sweeper follows; returns the lines that it said."""

    def command(*options):
        out = io.StringIO()
        monkeypatch.setattr(reindex.time, "sleep", lambda seconds: sync.follow())
        call_command("reindex", "--engine", "elasticsearch", *options, stdout=out)
        return out.getvalue().splitlines()

    return command


def test_the_whole_index_is_made_anew_beside_the_one_that_serves(
    elasticsearch, follow, command, settings, document, add
):
    add(document, "apples")
    old = follow()

    lines = command("--watch")

    new = SearchIndex.objects.get(state=IndexState.SERVING)
    assert lines == [f"{new}: new; 0 passages to be brought", f"{new}: serving; 0 passages to be brought"]
    assert list(elasticsearch.indices.get_alias(name=settings.RAG_ELASTICSEARCH_INDEX)) == [new.name]
    assert len(held(elasticsearch, new)) == 1
    sync.follow()
    assert not elasticsearch.indices.exists(index=old.name)


def test_one_that_is_being_filled_already_goes_on(elasticsearch, follow, command):
    follow()

    said = [command(), command()]

    assert said[0] == said[1]
    assert SearchIndex.objects.count() == 2


def test_the_index_that_serves_is_kept_up_while_another_is_filled(
    elasticsearch, follow, command, ask_elasticsearch, kb, document, add, monkeypatch
):
    old = follow()
    add(document, *(f"apples {number}" for number in range(3)))
    command()
    with monkeypatch.context() as slow:
        slow.setattr(sync, "BATCH", 1)
        slow.setattr(sync, "PASS_SECONDS", -1)
        slow.setattr(parity, "FEW", 0)
        for _ in range(2):
            sync.follow()

    pending = dict(PendingChunk.objects.order_by("index_id").values_list("index_id", "version"))
    assert sorted(SearchIndex.objects.values_list("state", flat=True)) == [IndexState.FILLING, IndexState.SERVING]
    assert len(pending) == 2
    assert len(held(elasticsearch, old)) == 2
    assert len(ask_elasticsearch("apples", kb)) == 3


def test_one_that_is_not_wanted_any_more_goes_before_it_is_full(
    elasticsearch, follow, command, settings, document, add, monkeypatch
):
    """As when an older version of the site is brought back."""
    add(document, "apples")
    index = follow()
    with monkeypatch.context() as newer:
        newer.setattr(mapping, "REVISION", "2")
        other = indexes.wanted()
        indexes.prepare(other, elasticsearch)

    sync.follow()

    assert list(SearchIndex.objects.all()) == [index]
    assert not elasticsearch.indices.exists(index=other.name)
    assert not PendingChunk.objects.exists()


def test_passages_of_one_dataset_are_brought_again(elasticsearch, follow, command, kb, document, add):
    chunk, spoilt = add(document, "apples", "pears")
    (other,) = add(DocumentFactory(), "plums")
    index = follow()
    for lost in (chunk, other):
        elasticsearch.delete(index=index.name, id=lost.pk)
    source = {"kb": kb.pk, "document": document.pk, "available": True}
    elasticsearch.index(index=index.name, id="surplus", document=source)
    PendingChunk.objects.create(
        index_id=index.pk, chunk_id=spoilt.pk, kb_id=kb.pk, document_id=document.pk, version=10**9,
        since=index.created_at, trouble="refused", retry_at="2200-01-01T00:00Z",
    )  # fmt: skip
    elasticsearch.indices.refresh(index=index.name)

    lines = command("--dataset", kb.pk, "--watch")

    assert lines == [f"{index}: serving; {number} passages to be brought" for number in (3, 0)]
    assert held(elasticsearch, index) == {chunk.pk: True, spoilt.pk: True}


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--what", "dense"], "goes with --dataset and --watch alone"),
        (["--pause"], "goes with --dataset and --watch alone"),
        (["--dataset", "nowhere"], "There is no dataset nowhere"),
        ([], "ELASTICSEARCH_URL is not set"),
    ],
    ids=["rows", "a deed", "no dataset", "no Elasticsearch"],
)
def test_what_makes_no_sense_is_said(db, command, options, text):
    with pytest.raises(CommandError, match=text):
        command(*options)


def test_what_cannot_be_at_the_moment_is_said(db, settings, command, kb):
    settings.RAG_ELASTICSEARCH_URL = "http://127.0.0.1:9"
    with pytest.raises(CommandError, match="is being filled with all datasets"):
        command("--dataset", kb.pk)

    SearchIndex.objects.update(state=IndexState.SERVING)
    with pytest.raises(CommandError, match="does not answer"):
        command("--dataset", kb.pk)


@pytest.mark.django_db(transaction=True)
def test_who_writes_for_long_is_not_waited_for(settings, command, document, add, monkeypatch):
    settings.RAG_ELASTICSEARCH_URL = "http://127.0.0.1:9"
    SearchIndex.objects.create(
        name=f"{settings.RAG_ELASTICSEARCH_INDEX}-1", revision=mapping.REVISION, state=IndexState.SERVING
    )
    monkeypatch.setattr(indexes, "LOCK_SECONDS", 0.1)
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("BEGIN; LOCK TABLE rag_chunk_dense IN ROW EXCLUSIVE MODE")

        with pytest.raises(CommandError, match="try again"):
            command()

    other.close()
    assert SearchIndex.objects.count() == 1
