"""Killed anywhere while a file is taken in, started, stopped, held back: it is done or not, and can be done again."""

import itertools

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from documents import pausing, queueing, uploads
from documents.models import Document, Run, Task, TaskState
from tests.crash.conftest import TEXT
from tests.crash.dying import ingest, recover, sweep_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def startable(expected, is_done):
    """What is wrong with documents that should be at rest, and done after they were started."""

    def startable(document):
        document.refresh_from_db()
        problems = [] if document.run in {Run.UNSTART, Run.CANCEL, Run.DONE} else [f"at rest in run {document.run}"]
        queueing.start([document.pk])
        recover()
        return [*problems, *is_done(expected)(document)]

    return startable


def test_a_death_anywhere_while_a_file_is_uploaded(kb, owner, startable, none_bad):
    numbers = itertools.count(5000)

    def upload(name):
        uploads.add_one(kb, user=owner, file=SimpleUploadedFile(name, TEXT))

    def whole_or_absent(name):
        found = list(Document.objects.filter(kb=kb, name=name))
        return [problem for document in found for problem in startable(document)]

    tally = sweep_of("upload", lambda: f"note{next(numbers)}.txt", upload, check=whole_or_absent)

    none_bad(tally, at_least=30)
    assert Document.objects.filter(name=f"note{next(numbers) - 1}.txt").exists()  # that nobody died at


def test_a_death_anywhere_while_a_document_is_started(upload, startable, none_bad):
    tally = sweep_of("start", upload, lambda document: queueing.start([document.pk]), check=startable)

    none_bad(tally, at_least=10)


def test_a_death_anywhere_while_a_document_is_started_anew_from_nothing(parsed, startable, none_bad):
    tally = sweep_of("start anew", parsed, lambda one: queueing.run([one.pk], delete=True), check=startable)

    none_bad(tally, at_least=15)


def test_a_death_anywhere_while_a_document_is_stopped(started, startable, none_bad):
    def claimed():
        document = started()
        Task.objects.claim(owner="a worker", lease_seconds=60)
        return document

    tally = sweep_of("cancel", claimed, lambda document: queueing.stop([document.pk]), check=startable)

    none_bad(tally, at_least=6)


def test_a_death_anywhere_while_a_failed_document_is_tried_again(started, startable, none_bad):
    def failed():
        document = started()
        Task.objects.filter(document=document).update(state=TaskState.FAILED)
        Document.objects.filter(pk=document.pk).update(run=Run.FAIL, progress=-1)
        return document

    def retried(document):
        document.refresh_from_db()
        return startable(document) if document.run != Run.FAIL else []

    tally = sweep_of("retry", failed, lambda document: queueing.retry([document.pk]), check=retried)

    none_bad(tally, at_least=6)


def test_a_death_anywhere_while_a_dataset_is_held_back_and_let_go(kb, started, startable, none_bad):
    def hold_and_let_go(document):
        pausing.pause(kb)
        ingest()
        pausing.resume(kb)

    def goes_on(document):
        kb.refresh_from_db()
        pausing.resume(kb)
        recover()
        return startable(document)

    none_bad(sweep_of("pause and resume", started, hold_and_let_go, check=goes_on), at_least=10)
