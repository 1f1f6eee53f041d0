import pytest

from documents import editing
from documents.editing import Change
from knowledgebases.models import Chunk, DenseRow, LexicalRow
from system.errors import NotFound

pytestmark = pytest.mark.django_db


def test_an_added_chunk_is_counted_and_searchable(document, kb):
    chunk = editing.add(document, "Otters sleep afloat.", important_keywords=["otter"], questions=[" how? ", " "])

    document.refresh_from_db()
    assert len(chunk.pk) == 16
    assert chunk.questions == ["how?"]
    assert (document.chunk_num, kb.refresh().chunk_num) == (1, 1)
    assert document.token_num == chunk.tokens > 0
    assert LexicalRow.objects.count() == DenseRow.objects.count() == 1


def test_the_same_content_again_is_the_same_chunk_and_counts_once(document):
    first = editing.add(document, "Otters sleep afloat.")
    second = editing.add(document, "Otters sleep afloat.", important_keywords=["again"])

    document.refresh_from_db()
    assert first.pk == second.pk
    assert document.chunk_num == 1
    assert Chunk.objects.get().important_keywords == ["again"]


def test_a_changed_chunk_keeps_its_id_and_what_was_not_named(document):
    chunk = editing.add(document, "Otters sleep.", important_keywords=["otter"])

    editing.change(document, chunk, Change(content="Otters swim."))

    now = Chunk.objects.get()
    assert (now.pk, now.content, now.important_keywords) == (chunk.pk, "Otters swim.", ["otter"])


def test_a_chunk_that_is_gone_cannot_be_changed(document):
    chunk = editing.add(document, "Otters sleep.")
    editing.delete(document, [chunk.pk])

    with pytest.raises(NotFound, match=chunk.pk):
        editing.change(document, chunk, Change(content="Otters swim."))


def test_switching_hides_a_chunk_from_searches(document):
    chunk = editing.add(document, "Otters sleep.")

    assert editing.switch(document, [chunk.pk, "unknown"], available=False) == 1

    assert not Chunk.objects.get().available
    assert not LexicalRow.objects.get().available
    assert not DenseRow.objects.get().available


def test_deleting_counts_what_was_deleted(document, kb):
    chunks = [editing.add(document, f"Otter {number}.") for number in range(3)]

    assert editing.delete(document, [chunks[0].pk, "unknown"]) == 1
    assert editing.delete(document, None) == 2

    document.refresh_from_db()
    assert (document.chunk_num, document.token_num, kb.refresh().token_num) == (0, 0, 0)
    assert not DenseRow.objects.exists()


def test_nul_characters_are_dropped(document):
    assert editing.add(document, "a\x00b").content == "ab"
