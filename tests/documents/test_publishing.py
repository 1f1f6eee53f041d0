import pytest

from documents import publishing, queueing
from documents.leases import LeaseLost
from documents.models import Run, Stage, TaskState
from knowledgebases.models import Chunk, DenseRow, LexicalRow

pytestmark = pytest.mark.django_db


def contents(document):
    return list(Chunk.objects.filter(document=document).order_by("seq").values_list("content", flat=True))


@pytest.fixture
def publish(claimed, stage):
    """Claim, stage `texts`, publish; returns the task."""

    def publish(texts, **change):
        task = claimed()
        stage(task, texts)
        publishing.publish(task)
        return task

    return publish


def test_published_chunks_are_there_with_their_search_rows_and_counters(document, kb, publish):
    publish(["one", "two", "three"])

    document.refresh_from_db()
    kb.refresh()
    assert contents(document) == ["one", "two", "three"]
    assert LexicalRow.objects.count() == DenseRow.objects.count() == 3
    assert (document.chunk_num, document.token_num) == (kb.chunk_num, kb.token_num) == (3, 15)
    assert (document.run, document.progress, document.published_gen) == (Run.DONE, 1, 1)
    assert document.process_duration > 0
    assert document.progress_msg.splitlines()[-1].endswith("Task done")
    assert not Stage.objects.exists()


def test_second_delivery_publishes_nothing(document, publish):
    task = publish(["one"])
    chunks = list(Chunk.objects.values_list("pk", flat=True))

    with pytest.raises(LeaseLost):
        publishing.publish(task)

    assert list(Chunk.objects.values_list("pk", flat=True)) == chunks


def test_a_task_that_was_taken_over_publishes_nothing(document, claimed, stage):
    task = claimed()
    stage(task, ["one"])
    task.fence -= 1

    with pytest.raises(LeaseLost):
        publishing.publish(task)

    assert not Chunk.objects.exists()


def test_a_canceled_task_publishes_nothing(document, claimed, stage):
    task = claimed()
    stage(task, ["one"])
    queueing.stop([document.pk])

    with pytest.raises(LeaseLost):
        publishing.publish(task)

    document.refresh_from_db()
    assert (document.run, Chunk.objects.count()) == (Run.CANCEL, 0)


def test_a_publication_that_fails_half_way_leaves_nothing(document, claimed, stage, monkeypatch):
    task = claimed()
    stage(task, ["one"])
    monkeypatch.setattr(publishing, "derive", lambda *args: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        publishing.publish(task)

    task.refresh_from_db()
    document.refresh_from_db()
    assert (task.state, Chunk.objects.count(), document.chunk_num) == (TaskState.RUNNING, 0, 0)
    assert Stage.objects.count() == 1


def test_a_new_generation_keeps_the_ids_of_unchanged_passages(document, kb, publish):
    publish(["same", "old"])
    before = dict(Chunk.objects.values_list("content", "pk"))

    publish(["new", "same"])

    after = dict(Chunk.objects.values_list("content", "pk"))
    kb.refresh()
    assert contents(document) == ["new", "same"]
    assert after["same"] == before["same"]
    assert kb.chunk_num == LexicalRow.objects.count() == DenseRow.objects.count() == 2


def test_the_published_generation_is_there_until_the_next_is_complete(document, publish, claimed, stage):
    publish(["old"])

    task = claimed()
    stage(task, ["new"])
    assert contents(document) == ["old"]

    publishing.publish(task)
    assert contents(document) == ["new"]


def test_passages_that_repeat_are_chunks_of_their_own(document, publish):
    publish(["same", "other", "same"])

    assert contents(document) == ["same", "other", "same"]


def test_chunks_made_by_hand_survive_a_new_generation(document, publish):
    publish(["parsed"])
    by_hand = Chunk.objects.create(pk="f" * 16, document=document, kb=document.kb, content="mine", by_hand=True)

    publish(["parsed again"])

    assert set(contents(document)) == {"mine", "parsed again"}
    assert Chunk.objects.filter(pk=by_hand.pk).exists()


def test_an_empty_document_is_done_without_chunks(document, publish):
    publish([])

    document.refresh_from_db()
    assert (document.run, document.chunk_num) == (Run.DONE, 0)
