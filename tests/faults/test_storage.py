"""The storage fails at its n-th call: what was asked for is right in the end, or fails with a cure; nothing is left."""

import errno
import itertools
import time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from documents import queueing, removal, sweeping, uploads
from documents.models import Document
from system.errors import Unavailable
from tests.boundaries import AFTER, BEFORE, STORAGE
from tests.crash.conftest import TEXT
from tests.crash.dying import ingest, recover, unsettled

pytestmark = pytest.mark.django_db(transaction=True)


def raising(error):
    def fault():
        raise error

    return fault


FAULTS = {
    "error": raising(OSError(errno.EIO, "Input/output error")),
    "full": raising(OSError(errno.ENOSPC, "No space left on device")),
    "time-out": raising(TimeoutError("timed out")),
    "reset": raising(ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")),
    "unavailable": raising(Unavailable("The file storage does not answer; try again.")),
    "slow": lambda: time.sleep(0.05),
}


def calls(side):
    return lambda when, what: when == side and what.startswith(STORAGE)


@pytest.fixture(params=FAULTS, ids=FAULTS.keys())
def fault(request):
    return FAULTS[request.param]


@pytest.fixture(params=[BEFORE, AFTER])
def side(request):
    """A call that was not made, or one that was, and whose answer was lost."""
    return request.param


def test_an_upload_is_refused_with_a_cure_or_whole(kb, owner, expected, is_done, failing, fault, side):
    for number in itertools.count():
        name = f"note{number + 7000}.txt"
        with failing(number, calls(side), fault) as seen:
            uploaded = uploads.add(kb, user=owner, files=[SimpleUploadedFile(name, TEXT)])

        recover()
        assert unsettled() == []
        there = Document.objects.filter(kb=kb, name=name).first()
        if there is None:
            [(refused, error)] = uploaded.errors
            assert refused == name
            assert "again" in error.message
        else:
            assert uploaded.errors == []
            queueing.start([there.pk])
            recover()
            assert is_done(expected)(there) == []
        if seen["count"] <= number:
            assert there
            assert number > 0
            return


@pytest.fixture
def distant(settings):
    """Files of a test are not on this machine: a worker fetches them."""
    default = settings.STORAGES["default"] | {"BACKEND": "tests.faults.distant.Distant"}
    settings.STORAGES = {**settings.STORAGES, "default": default}


def test_a_document_is_done_in_the_end(distant, started, expected, is_done, failing, fault, side):
    for number in itertools.count():
        document = started()
        with failing(number, calls(side), fault) as seen:
            ingest()

        recover()
        assert unsettled() == []
        assert is_done(expected)(document) == []
        if seen["count"] <= number:
            assert number > 0
            return


def test_what_is_deleted_goes_in_the_end(parsed, failing, fault, side):
    for number in itertools.count():
        document = parsed()
        removal.remove([document.pk])
        with failing(number, calls(side), fault) as seen:
            sweeping.sweep()

        recover()
        assert unsettled() == []
        assert not Document.objects.filter(pk=document.pk).exists()
        if seen["count"] <= number:
            assert number > 0
            return
