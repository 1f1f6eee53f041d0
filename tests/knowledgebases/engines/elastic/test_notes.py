"""What changes is noted for each index, whoever changes it and however."""

import threading

import pytest
from django.db import connection, connections, transaction

from knowledgebases import indexing
from knowledgebases.engines.elastic import indexes
from knowledgebases.models import Chunk, DenseRow, EmbeddingSpace, LexicalRow, PendingChunk, SearchIndex
from tests.factories import DocumentFactory
from tests.knowledgebases.conftest import EAST, NORTH


@pytest.fixture
def index(db):
    return SearchIndex.objects.create(name="ragsite-1", revision="1")


def noted(index):
    return dict(PendingChunk.objects.filter(index_id=index.pk).values_list("chunk_id", "version"))


def test_a_site_without_an_index_notes_nothing(document, add):
    add(document, "apples")

    assert not PendingChunk.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda chunk, kb, space: Chunk.objects.filter(pk=chunk.pk).update(available=False), id="off"),
        pytest.param(lambda chunk, kb, space: Chunk.objects.filter(pk=chunk.pk).delete(), id="deleted"),
        pytest.param(lambda chunk, kb, space: indexing.index_terms(kb, {chunk: "title"}), id="words"),
        pytest.param(
            lambda chunk, kb, space: indexing.index_chunks(kb, [indexing.Entry(chunk, NORTH)], space=space), id="vector"
        ),
        pytest.param(
            lambda chunk, kb, space: DenseRow.objects.create(
                chunk=chunk,
                kb_id=kb.pk,
                document_id=chunk.document_id,
                embedding=EAST.tolist(),
                space=EmbeddingSpace.objects.create(model_id="other", revision="1", dimension=4, floor=0),
            ),
            id="vector of another space",
        ),
    ],
)
def test_a_change_of_a_chunk_is_noted_with_a_higher_version(kb, document, add, space, index, change):
    chunk, other = add(document, "east wind", "apples")
    before = noted(index)

    change(chunk, kb, space)

    after = noted(index)
    assert set(before) == set(after) == {chunk.pk, other.pk}
    assert after[chunk.pk] > before[chunk.pk]
    assert after[other.pk] == before[other.pk]


def test_a_note_keeps_the_time_of_the_first_change(kb, document, add, index):
    (chunk,) = add(document, "apples")
    since = PendingChunk.objects.get().since

    indexing.index_terms(kb, {chunk: "title"})

    assert PendingChunk.objects.get().since == since


def test_chunks_of_deleted_documents_are_noted(document, add, index):
    add(document, "apples", "pears")
    PendingChunk.objects.all().delete()

    document.delete()

    assert PendingChunk.objects.count() == 2


def test_each_index_has_notes_of_its_own(document, add, index):
    other = SearchIndex.objects.create(name="ragsite-2", revision="2")

    add(document, "apples")

    assert len(noted(index)) == len(noted(other)) == 1


def test_notes_of_indexes_that_are_gone_go(document, add, index):
    add(document, "apples")

    assert indexes.forget_all() == 1

    assert not PendingChunk.objects.exists()
    assert not SearchIndex.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_who_writes_while_an_index_is_announced_is_noticed(settings, add):
    """The announcement waits for those who write already, and who comes later sees it."""
    document = DocumentFactory()
    (early,) = add(document, "apples")
    writing, announced = threading.Event(), threading.Event()

    def write():
        with transaction.atomic():
            LexicalRow.objects.filter(pk=early.pk).update(length=7)
            writing.set()
            _wait_for_a_waiting_lock()
        connections.close_all()

    def announce():
        index = indexes.wanted()
        indexes.note_all(index)
        announced.set()
        connections.close_all()

    threads = [threading.Thread(target=write), threading.Thread(target=announce)]
    threads[0].start()
    assert writing.wait(10)
    threads[1].start()
    for thread in threads:
        thread.join(20)

    assert announced.is_set()
    (note,) = PendingChunk.objects.all()
    assert note.chunk_id == early.pk


def _wait_for_a_waiting_lock():
    for _ in range(2000):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_sleep(0.005) IS NOT NULL")
            if cursor.fetchone()[0]:
                return
    raise AssertionError("nobody waits")
