"""Document frequencies follow the rows, whatever path a write takes."""

import threading
from collections import Counter

import pytest
from django.db import connection, transaction

from knowledgebases import indexing
from knowledgebases.lexical import statistics
from knowledgebases.lexical.tokenizer import salted, terms
from knowledgebases.models import Chunk, Knowledgebase, LexicalRow, LexicalTotal, TermDelta, TermFrequency
from tests.factories import DocumentFactory


def counted(kb):
    """The truth: frequencies and totals of the rows themselves."""
    rows = LexicalRow.objects.filter(kb_id=kb.pk)
    frequencies = Counter(term for row in rows for term in row.terms)
    return frequencies, statistics.Totals(len(rows), sum(row.length for row in rows))


def kept(kb, frequencies):
    """What the tables say of the same terms."""
    return statistics.frequencies(kb.pk, list(frequencies)), statistics.totals(kb.pk)


def test_a_new_dataset_has_no_statistics(kb):
    assert statistics.totals(kb.pk) == statistics.Totals()
    assert statistics.frequencies(kb.pk, [1, 2]) == {}


def test_insert_counts(kb, document, add):
    add(document, "apples and pears", "apples")

    assert statistics.frequencies(kb.pk, [salted("appl", kb.pk), salted("pear", kb.pk), salted("plum", kb.pk)]) == {
        salted("appl", kb.pk): 2,
        salted("pear", kb.pk): 1,
    }
    assert statistics.totals(kb.pk) == statistics.Totals(2, 3)


def test_a_chunk_without_terms_counts_as_a_chunk(kb, document, add):
    add(document, "to be or not to be")

    assert statistics.totals(kb.pk) == statistics.Totals(1, 0)


def test_reindexing_replaces(kb, document, add, space, compass):
    (chunk,) = add(document, "apples and pears")
    chunk.content = "plums"
    chunk.save()

    indexing.index_chunks(kb, [indexing.Entry(chunk, compass.embed_query("plums"))], space=space)

    assert kept(kb, dict.fromkeys(salted(t, kb.pk) for t in ("appl", "pear", "plum"))) == (
        {salted("plum", kb.pk): 1},
        statistics.Totals(1, 1),
    )


def test_reindexing_the_same_text_writes_no_delta(kb, document, add, space, compass):
    (chunk,) = add(document, "apples and pears")
    deltas = TermDelta.objects.count()

    LexicalRow.objects.filter(chunk=chunk).update(available=True)

    assert TermDelta.objects.count() == deltas


@pytest.mark.parametrize(
    "deletion",
    [
        pytest.param(lambda chunk: chunk.delete(), id="one by the model"),
        pytest.param(
            lambda chunk: Chunk.objects.filter(document=chunk.document_id).delete(), id="many by the queryset"
        ),
        pytest.param(lambda chunk: chunk.document.delete(), id="by cascade from the document"),
        pytest.param(
            lambda chunk: connection.cursor().execute("DELETE FROM rag_chunk WHERE id = %s", [chunk.pk]), id="raw"
        ),
    ],
)
def test_delete_counts(kb, document, add, deletion):
    chunks = add(document, "apples", "pears")
    keep = add(DocumentFactory(kb=kb), "apples in another document")

    deletion(chunks[0])

    frequencies, totals = counted(kb)
    assert kept(kb, frequencies) == (dict(frequencies), totals)
    assert totals.chunks == LexicalRow.objects.count() == Chunk.objects.count() <= 2
    assert LexicalRow.objects.filter(chunk=keep[0]).exists()


def test_many_writes_are_folded_and_still_right(kb, document, add):
    texts = [f"word{number % 7} and term{number % 5}" for number in range(80)]

    for number, text in enumerate(texts):
        add(document, f"{text} {number}")
    Chunk.objects.filter(document=document, content__contains="word3").delete()

    frequencies, totals = counted(kb)
    assert kept(kb, frequencies) == (dict(frequencies), totals)
    assert TermDelta.objects.filter(kb_id=kb.pk).count() <= 33
    assert TermFrequency.objects.filter(kb_id=kb.pk).exists()


def test_terms_that_vanished_leave_no_row(kb, document, add):
    for number in range(34):
        add(document, f"once{number}")
    Chunk.objects.filter(document=document).delete()
    for number in range(34):
        add(document, f"again {number}")

    vanished = [salted(term, kb.pk) for number in range(34) for term in terms(f"once{number}")[:1]]
    assert not TermFrequency.objects.filter(kb_id=kb.pk, term__in=vanished).exists()


def test_a_deleted_dataset_leaves_no_statistics(kb, document, add):
    for number in range(40):
        add(document, f"text {number}")

    kb.delete()

    assert not TermDelta.objects.exists()
    assert not TermFrequency.objects.exists()
    assert not LexicalTotal.objects.exists()


def test_a_write_that_is_rolled_back_counts_nothing(kb, document, add):
    with transaction.atomic():
        add(document, "apples")
        transaction.set_rollback(True)

    assert statistics.totals(kb.pk) == statistics.Totals()


@pytest.mark.django_db(transaction=True)
def test_concurrent_writers_and_deleters_keep_the_counts(kb, add, space):
    errors = []
    start = threading.Barrier(4)

    def write(writer):
        try:
            document = DocumentFactory(kb=Knowledgebase.objects.get(pk=kb.pk), name=f"writer {writer}")
            start.wait(20)
            for turn in range(25):
                with transaction.atomic():
                    add(document, *(f"word{writer} turn{turn} shared chunk{number}" for number in range(3)))
                if turn % 5 == 4:
                    Chunk.objects.filter(document=document, content__contains=f"turn{turn - 2}").delete()
        except Exception as error:
            errors.append(error)
            raise
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=[writer]) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    frequencies, totals = counted(kb)
    assert not errors
    assert totals.chunks == 4 * (25 - 5) * 3
    assert kept(kb, frequencies) == (dict(frequencies), totals)


def test_settling_the_term_index_can_be_repeated(kb, document, add):
    add(document, "apples")

    statistics.settle()
    statistics.settle()
