"""What people did to chunks by hand survives a run, until their document starts afresh (contract A.0.10)."""

import pytest

from documents import changes, editing, queueing
from documents.models import DeletedChunk, Run
from knowledgebases.models import Chunk

pytestmark = pytest.mark.django_db


def contents(document):
    return list(Chunk.objects.filter(document=document).order_by("seq").values_list("content", flat=True))


def the(content):
    return Chunk.objects.get(content=content)


def test_deleted_chunks_do_not_come_back_with_a_run(done):
    editing.delete(done, [the("two").pk])

    queueing.run([done.pk])

    done.refresh_from_db()
    assert contents(done) == ["one", "three"]
    assert (done.run, done.chunk_num) == (Run.DONE, 2)


def test_deleted_chunks_do_not_come_back_with_a_new_parse(done, kb, work):
    editing.delete(done, [the("two").pk])
    changes.change(done, changes.Change(parser_config={"chunk_token_num": 99}))

    queueing.run([done.pk])
    work("one", "two", "three", "four")

    done.refresh_from_db()
    assert contents(done) == ["one", "three", "four"]
    assert (done.chunk_num, kb.refresh().chunk_num) == (3, 3)
    assert done.progress_msg.splitlines()[-1].endswith("3 chunks. Task done")


def test_only_the_occurrence_that_was_deleted_stays_away(document, work):
    queueing.run([document.pk])
    work("same", "same", "same")
    editing.delete(document, [Chunk.objects.get(seq=1).pk])
    queueing.start([document.pk])
    work("same", "same", "same")

    assert sorted(Chunk.objects.values_list("seq", flat=True)) == [0, 2]


def test_a_chunk_deleted_while_its_document_is_parsed_stays_away(done, work):
    queueing.start([done.pk])
    editing.delete(done, [the("two").pk])
    work("one", "two")

    assert contents(done) == ["one"]


def test_edited_and_added_chunks_survive_a_new_parse(done, work):
    editing.change(done, the("one"), editing.Change(important_keywords=["first"]))
    editing.add(done, "typed in")
    queueing.start([done.pk])

    work("one", "two")

    assert set(contents(done)) == {"one", "two", "typed in"}
    assert the("one").important_keywords == ["first"]


def test_what_is_typed_in_again_is_not_deleted_any_more(done, work):
    editing.delete(done, [the("two").pk])
    editing.add(done, "two")

    assert not DeletedChunk.objects.exists()


def test_deleting_all_is_kept_in_mind_for_each(done, work):
    editing.delete(done, None)
    queueing.start([done.pk])

    work("one", "two", "three")

    done.refresh_from_db()
    assert (done.run, done.chunk_num) == (Run.DONE, 0)


def afresh(document):
    queueing.run([document.pk], delete=True)


def parse_by_rest(document):
    queueing.start_idle([document.pk])


def another_method(document):
    changes.change(document, changes.Change(method="one"))
    queueing.run([document.pk])


@pytest.mark.parametrize("begin", [afresh, parse_by_rest, another_method])
def test_a_fresh_start_brings_deleted_chunks_back(done, work, begin):
    editing.delete(done, [the("two").pk])

    begin(done)
    work("one", "two", "three")

    assert contents(done) == ["one", "two", "three"]
    assert not DeletedChunk.objects.exists()
