"""The database fails at the n-th statement: nothing is lost or doubled, and what is begun again comes to its end."""

import itertools
from contextlib import suppress

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection

from documents import queueing, removal, sweeping, uploads
from documents.models import Document
from tests.boundaries import BEFORE, COMMIT, STORAGE
from tests.crash.conftest import TEXT
from tests.crash.dying import broken, ingest, recover, unsettled

pytestmark = pytest.mark.django_db(transaction=True)

STEP = 10  # of the statements, every so-manieth; each fault begins with another


def spoil(statement):
    """Have the server itself end the transaction with the error that the statement provokes."""

    def fault():
        connection.ensure_connection()
        with connection.wrap_database_errors:
            connection.connection.execute(statement)

    return fault


FAULTS = {
    "terminated": spoil("SELECT pg_terminate_backend(pg_backend_pid())"),
    "statement time-out": spoil("SET statement_timeout = 1; SELECT pg_sleep(1)"),
    "lock time-out": spoil("DO $$ BEGIN RAISE SQLSTATE '55P03'; END $$"),
    "deadlock": spoil("DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$"),
    "slow": spoil("SELECT pg_sleep(0.02)"),
}


@pytest.fixture(params=FAULTS, ids=FAULTS.keys())
def fault(request):
    return FAULTS[request.param]


@pytest.fixture
def first(request):
    return list(FAULTS).index(request.node.callspec.params["fault"]) % STEP


def statements(when, what):
    return when == BEFORE and what != COMMIT and not what.startswith(STORAGE)


@pytest.fixture
def disturbed(failing, fault, first):
    """Do a deed again and again, each time with the fault at a later statement; yields what `prepare` made."""

    def disturbed(prepare, deed):
        for number in itertools.count(first, STEP):
            made = prepare()
            with failing(number, statements, fault) as seen, suppress(DatabaseError):
                deed(made)
            assert broken() == []
            yield made
            recover()
            assert unsettled() == []
            if seen["count"] <= number:
                assert number > first  # there was a fault
                return

    return disturbed


def test_a_document_is_done_in_the_end(started, expected, is_done, disturbed):
    for document in disturbed(started, lambda document: ingest()):
        recover()
        assert is_done(expected)(document) == []


def test_an_upload_is_whole_or_absent(kb, owner, disturbed):
    numbers = itertools.count(8000)

    def upload(name):
        uploads.add_one(kb, user=owner, file=SimpleUploadedFile(name, TEXT))

    for name in disturbed(lambda: f"note{next(numbers)}.txt", upload):
        there = Document.objects.filter(name=name).count()
        assert there in {0, 1}
    assert there == 1  # the last one was not disturbed


def test_what_is_started_is_done_and_what_is_not_can_be(upload, expected, is_done, disturbed):
    for document in disturbed(upload, lambda document: queueing.start([document.pk])):
        queueing.start([document.pk])
        recover()
        assert is_done(expected)(document) == []


def test_what_is_deleted_is_there_or_gone(parsed, expected, is_done, disturbed):
    def delete(document):
        removal.remove([document.pk])
        sweeping.sweep()

    for document in disturbed(parsed, delete):
        recover()
        if Document.objects.filter(pk=document.pk).exists():
            assert is_done(expected)(document) == []
