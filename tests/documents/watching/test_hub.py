import threading

import pytest
from django.db import connection, connections, transaction

from documents import progress, queueing, removal
from documents.models import Document, Run, Task
from documents.watching.changes import Moment
from documents.watching.datasets import Summary
from documents.watching.hub import hub
from documents.watching.sights import Sight
from documents.watching.streams import End, Removed, Reset
from system.errors import DocumentFault, TooMany, Unavailable

pytestmark = pytest.mark.django_db(transaction=True)


def of(document, **values):
    """Whether an event is of that document and has these values."""

    def is_so(event):
        told = isinstance(event, Sight) and event.id == document.pk
        return told and all(getattr(event, name) == value for name, value in values.items())

    return is_so


def removed(document):
    return lambda event: event == Removed(document.pk)


def test_a_stream_begins_with_what_is_unfinished_and_the_counts(watch, document, upload):
    idle = upload("idle.txt")
    queueing.start([document.pk])

    watcher = watch()

    assert watcher.sees(of(document)).run == Run.RUNNING
    counts = watcher.sees(lambda event: isinstance(event, Summary))
    assert (counts.documents, counts.running, counts.unstart) == (2, 1, 1)
    assert not any(of(idle)(event) for event in watcher.events)


def test_beats_and_ends_are_told_as_they_come(watch, claimed, document):
    task = claimed()
    watcher = watch(document)
    watcher.sees(of(document))

    task.beat(lease_seconds=60, progress=0.3, message="Parsing.", phase="parse", done=12, total=40)

    assert str(watcher.sees(of(document, message="Parsing.")).step) == "parse 12/40"
    progress.fail_or_retry(task, DocumentFault("corrupt", "The file is damaged."))
    assert "damaged" in watcher.sees(of(document, run=Run.FAIL)).message


def test_an_end_that_came_while_nobody_watched_is_told_on_return(watch, claimed, document):
    task = claimed()
    first = watch()
    first.sees(of(document))
    hub.leave(first.stream)

    progress.fail_or_retry(task, DocumentFault("corrupt", "The file is damaged."))
    again = watch(since=Moment.of(str(first.until)), resumed=True)

    assert again.sees(of(document)).run == Run.FAIL


def test_a_change_that_was_committed_late_is_not_passed_over(watch, claimed, document, upload):
    other = upload("other.txt")
    queueing.start([other.pk])
    open_, committed = threading.Event(), threading.Event()

    def late():
        with transaction.atomic():
            Document.objects.filter(pk=document.pk).update(run=Run.FAIL)
            open_.set()
            assert committed.wait(20)
        connections.close_all()

    thread = threading.Thread(target=late)
    thread.start()
    assert open_.wait(5)
    first = watch()
    first.sees(of(other))
    queueing.stop([other.pk])  # a transaction that began later and is seen earlier
    first.sees(of(other, run=Run.CANCEL))
    hub.leave(first.stream)
    committed.set()
    thread.join()

    again = watch(since=Moment.of(str(first.until)), resumed=True)

    assert again.sees(of(document)).run == Run.FAIL


def test_removals_are_told_also_on_return(watch, document, upload):
    kept, other = upload("kept.txt"), upload("other.txt")
    watcher = watch()
    watcher.sees(lambda event: isinstance(event, Summary))

    removal.remove([document.pk])
    watcher.sees(removed(document))
    hub.leave(watcher.stream)
    removal.remove([other.pk])
    Document.objects.filter(pk=other.pk).delete()  # as the sweeper does a moment later

    again = watch(since=watcher.until, resumed=True)
    again.sees(removed(other))
    assert not any(of(kept)(event) for event in again.events)


def test_who_comes_back_with_an_id_that_means_nothing_is_told_to_load_all(watch, document):
    queueing.start([document.pk])

    watcher = watch(since=Moment.of("1-2:3:"), resumed=True)

    assert isinstance(watcher.sees(lambda event: True), Reset)
    watcher.sees(of(document))


def test_who_missed_too_much_is_told_to_load_all(watch, upload, monkeypatch):
    documents = [upload(f"{number}.txt") for number in range(4)]
    before = Moment.now()
    monkeypatch.setattr("documents.watching.changes.MOST", 3)
    queueing.start([document.pk for document in documents])

    watcher = watch(since=before, resumed=True)

    watcher.sees(lambda event: isinstance(event, Reset))


def test_ids_of_another_database_are_not_resumed(watch, document):
    now = Moment.now()
    ahead = int(now.snapshot.split(":")[1]) + 10**9

    watcher = watch(since=Moment.of(f"{now.at}-{ahead}:{ahead}:"), resumed=True)

    watcher.sees(lambda event: isinstance(event, Reset))


def test_the_stream_of_a_document_ends_with_it(watch, document):
    watcher = watch(document)
    watcher.sees(of(document))

    removal.remove([document.pk])

    watcher.sees(removed(document))
    assert watcher.ends() == End.DELETED


def test_the_stream_of_a_dataset_ends_with_it(watch, kb, document):
    watcher = watch()
    watcher.sees(lambda event: isinstance(event, Summary))

    kb.deleted_at = kb.created_at
    kb.save()

    assert watcher.ends() == End.DELETED


def test_a_stream_ends_when_the_right_to_it_does(watch, right, document):
    mine, theirs = right("mine"), right("theirs")
    lost, kept = watch(document, permit=mine), watch(document, permit=theirs)
    lost.sees(of(document))

    mine.holds = False

    assert lost.ends() == End.UNREACHABLE
    kept.read(0.1)
    assert kept.ended is None


def test_places_in_line_are_told_as_they_move(watch, upload):
    documents = [upload(f"{number}.txt") for number in range(3)]
    for document in documents:
        queueing.start([document.pk])
    watcher = watch(documents[2])

    def third_of(place):
        return lambda event: of(documents[2])(event) and event.waiting.position == place

    watcher.sees(third_of(3))

    Task.objects.claim(owner="test", lease_seconds=60)

    watcher.sees(third_of(2))


def test_a_user_has_so_many_streams_and_no_more(watch, right, document, settings):
    settings.RAG_STREAMS_PER_USER = 2
    first, _ = watch(document), watch(document)

    with pytest.raises(TooMany, match="2 streams"):
        watch(document)
    watch(document, permit=right("another"))
    hub.leave(first.stream)
    watch(document)


def test_a_process_has_so_many_streams_and_no_more(watch, right, document, settings):
    settings.RAG_STREAMS = 1
    watch(document)

    with pytest.raises(TooMany, match="server") as refused:
        watch(document, permit=right("another"))

    assert refused.value.headers["Retry-After"]


def test_all_streams_end_when_the_process_is_to_stop(watch, document, monkeypatch):
    watcher = watch(document)
    watcher.sees(of(document))

    monkeypatch.setattr(hub, "stopping", lambda: True)

    assert watcher.ends(1) == End.STOPPING
    with pytest.raises(Unavailable):
        watch(document)


def test_an_outage_loses_nothing(watch, claimed, document):
    task = claimed()
    watcher = watch(document)
    watcher.sees(of(document))

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND usename = current_user AND datname = current_database()"
        )
    task.beat(lease_seconds=60, progress=0.3, message="Parsing.")

    watcher.sees(of(document, message="Parsing."), seconds=10)


def test_many_streams_cost_the_database_what_one_does(watch, document, right, django_assert_max_num_queries):
    from documents.watching.looking import Lookout

    lookout = Lookout()
    streams = [watch(document, permit=right("one")).stream for _ in range(3)]
    hub.close()
    for stream in streams:
        stream._end = None
    lookout.look(streams)

    with django_assert_max_num_queries(3):
        lookout.look(streams)
