import pytest

from documents import progress, queueing
from system.errors import Unavailable

STREAM = "/admin/documents/document/events/"

pytestmark = pytest.mark.django_db(transaction=True)


def told(answer):
    return b"".join(answer.streaming_content).decode()


def test_the_list_says_what_keeps_a_document(console, claimed):
    progress.fail_or_retry(claimed(), Unavailable("The embedding endpoint answers 429."))

    page = console.get("/admin/documents/document/").content.decode()

    assert "The embedding endpoint answers 429, next try in" in page


def test_the_page_shows_the_log_of_its_tasks_as_text(console, document, claimed):
    task = claimed()
    task.beat(
        lease_seconds=60, progress=0.3, message="x", phase="parse", done=1, total=4, lines="10:00:00 <script>x</script>"
    )

    page = console.get(f"/admin/documents/document/{document.pk}/change/").content.decode()

    assert "running, parse 1/4, try 1" in page
    assert "10:00:00 &lt;script&gt;x&lt;/script&gt;" in page
    assert "<script>x" not in page


def test_the_stream_tells_of_the_documents_that_are_named(console, document, upload):
    other = upload("other.txt")
    queueing.start([document.pk, other.pk])

    text = told(console.get(STREAM, {"id": [document.pk, "unknown", "a\0b"], "seconds": 0}))

    assert document.pk in text
    assert other.pk not in text


def test_nothing_to_watch_is_not_found(console):
    assert console.get(STREAM).status_code == 404


def test_the_stream_is_for_those_who_may_see_documents(console_with, document):
    assert console_with().get(STREAM, {"id": document.pk}).status_code == 403
    assert told(console_with("documents.view_document").get(STREAM, {"id": document.pk, "seconds": 0}))


def test_the_stream_ends_with_the_session(console, document, monkeypatch):
    monkeypatch.setattr("documents.watching.looking.RECHECK", 0.1)
    answer = console.get(STREAM, {"id": document.pk})

    console.session.flush()

    assert '{"reason": "unreachable"}' in told(answer)


def test_the_stream_ends_with_the_permission(console, operator, document, monkeypatch):
    monkeypatch.setattr("documents.watching.looking.RECHECK", 0.1)
    answer = console.get(STREAM, {"id": document.pk})

    type(operator).objects.filter(pk=operator.pk).update(is_staff=False)

    assert '{"reason": "unreachable"}' in told(answer)


def test_too_many_streams_are_refused(console, document, settings):
    settings.RAG_STREAMS_PER_USER = 0

    answer = console.get(STREAM, {"id": document.pk})

    assert answer.status_code == 429
    assert answer["Retry-After"]


def test_the_logs_that_tell_why_it_is_not_done_come_first(console, document, claimed, monkeypatch):
    monkeypatch.setattr("documents.admin.watched.LOGS", 2)
    own = claimed()
    own.beat(lease_seconds=60, progress=1.0, message="x", phase="parse", done=1, total=1, lines="10:00:00 all read")
    parts = [("done", "10:00:01 first"), ("failed", "10:00:02 broken"), ("queued", "")]
    for part, (state, log) in enumerate(parts, start=1):
        copy = type(own).objects.get(pk=own.pk)
        copy.pk, copy.part, copy.state, copy.log = None, part, state, log
        copy.save(force_insert=True)

    page = console.get(f"/admin/documents/document/{document.pk}/change/").content.decode()

    assert "part 1 of 4: running" in page
    assert "part 3 of 4: failed" in page
    assert "10:00:01 first" not in page
