"""What a death costs: a window of the reading, or a batch of embeddings."""

import pytest

from documents import queueing
from documents.ingestion import embedding, thumbnails
from documents.models import Run, Stage, Task, TaskState
from documents.sandbox import Sandbox
from knowledgebases.embedders.onnx import OnnxEmbedder
from knowledgebases.models import Chunk
from system.errors import DocumentFault, FaultCode, Misconfigured
from tests.documents.ingestion.conftest import fact

pytestmark = pytest.mark.django_db(transaction=True)


class Killed(BaseException):
    """Stands for kill -9: nothing catches it."""


@pytest.fixture
def started(large):
    document = large(10)
    queueing.start([document.pk])
    document.refresh_from_db()
    return document


@pytest.fixture
def lose():
    """What the sweeper does with the tasks of a dead worker."""

    def lose():
        Task.objects.filter(state=TaskState.RUNNING).update(state=TaskState.QUEUED, fence=0)

    return lose


def whole(document):
    document.refresh_from_db()
    texts = list(Chunk.objects.filter(document=document).order_by("seq").values_list("content", flat=True))
    return document.run == Run.DONE and texts == [fact(number).strip() for number in range(10)]


@pytest.mark.parametrize("window", range(5))
def test_a_reading_that_dies_goes_on_at_the_window_where_it_died(started, small_scale, work, lose, monkeypatch, window):
    windows, drawn = Sandbox.windows, []
    monkeypatch.setattr(thumbnails, "make", lambda *args, **kwargs: drawn.append(args))

    def dying(self, *args, **kwargs):
        for number, found in enumerate(windows(self, *args, **kwargs)):
            if number == window:
                raise Killed
            yield found

    with monkeypatch.context() as patch:
        patch.setattr(Sandbox, "windows", dying)
        with pytest.raises(Killed):
            work()
    lose()
    work()

    assert whole(started)
    assert small_scale == [None, {"at": window} if window else None]
    assert len(drawn) == (1 if window else 2)


def test_an_embedding_that_dies_is_repeated_from_its_last_batch(started, work, lose, embedded, monkeypatch):
    monkeypatch.setattr(embedding, "BATCH", 1)
    work(most=1)  # reads it, and embeds the last passage
    embed, calls = OnnxEmbedder.embed, []

    def dying(self, texts):
        calls.append(texts)
        if len(calls) == 3:
            raise Killed
        return embed(self, texts)

    with monkeypatch.context() as patch:
        patch.setattr(OnnxEmbedder, "embed", dying)
        with pytest.raises(Killed):
            work()
    lose()
    embedded.clear()
    work()

    assert whole(started)
    assert len([text for text in embedded if text.startswith("Fact")]) == 9 - 2


def test_a_part_that_fails_fails_the_document_and_ends_its_siblings(started, work, monkeypatch):
    work(most=2)
    with monkeypatch.context() as patch:
        patch.setattr(OnnxEmbedder, "embed", lambda *args: (_ for _ in ()).throw(Misconfigured("no such model")))
        work()

    started.refresh_from_db()
    assert (started.run, started.progress) == (Run.FAIL, -1)
    assert "no such model" in started.progress_msg
    assert set(started.tasks.values_list("state", flat=True)) == {
        TaskState.DONE, TaskState.FAILED, TaskState.CANCELED,
    }  # fmt: skip


def test_a_retry_takes_over_what_the_parts_paid_for(started, work, embedded, monkeypatch):
    work(most=2)
    with monkeypatch.context() as patch:
        patch.setattr(OnnxEmbedder, "embed", lambda *args: (_ for _ in ()).throw(Misconfigured("no such model")))
        work()
    embedded.clear()

    queueing.retry([started.pk])
    work()

    assert whole(started)
    assert len([text for text in embedded if text.startswith("Fact")]) == 10 - 4
    assert not Stage.objects.exists()


def test_a_parser_that_fails_in_the_middle_fails_the_document_with_its_parts(started, work, monkeypatch):
    windows = Sandbox.windows

    def failing(self, *args, **kwargs):
        for number, found in enumerate(windows(self, *args, **kwargs)):
            if number == 3:
                raise DocumentFault(FaultCode.CORRUPT, "page 7 is torn")
            yield found

    monkeypatch.setattr(Sandbox, "windows", failing)

    work()

    started.refresh_from_db()
    assert (started.run, started.chunk_num) == (Run.FAIL, 0)
    assert "page 7 is torn" in started.progress_msg
    assert not Task.objects.open().exists()
