import os
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from documents.storage import AtomicFileSystemStorage
from system import scratch
from system.rest.uploads import MEMORY_BYTES, SpooledUpload


@pytest.fixture
def disk(tmp_path):
    return AtomicFileSystemStorage(location=tmp_path / "files")


@pytest.fixture
def spooled():
    """An upload of bytes, as a request brings it."""
    made = []

    def spooled(content):
        upload = SpooledUpload("a.txt", "text/plain", None, [])
        upload.append(content)
        upload.finish(len(content))
        made.append(upload)
        return upload

    yield spooled
    for upload in made:
        upload.close()


def on_the_way():
    return list(scratch.folder().iterdir())


@pytest.mark.parametrize("size", [0, 10, MEMORY_BYTES + 1], ids=["empty", "in memory", "on disk"])
def test_an_upload_is_stored_whole_and_leaves_nothing_behind(disk, spooled, size):
    content = os.urandom(size)

    disk.save("a/b/key", spooled(content))

    with disk.open("a/b/key") as stored:
        assert stored.read() == content
    assert on_the_way() == []
    assert Path(disk.path("a/b/key")).stat().st_mode & 0o777 == 0o600


def test_an_upload_on_disk_becomes_the_stored_file_without_a_copy(disk, spooled):
    upload = spooled(b"x" * (MEMORY_BYTES + 1))
    number = on_the_way()[0].stat().st_ino

    disk.save("a/b/key", upload)

    assert Path(disk.path("a/b/key")).stat().st_ino == number


def test_a_write_that_fails_leaves_nothing(disk, monkeypatch):
    def broken(descriptor):
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "fsync", broken)

    with pytest.raises(OSError, match="No space"):
        disk.save("a/b/key", ContentFile(b"x"))

    assert not disk.exists("a/b/key")
    assert on_the_way() == []


def test_what_is_on_its_way_is_not_listed(settings):
    if settings.STORAGES["default"]["BACKEND"].endswith("ObjectStorage"):
        pytest.skip("a bucket has nothing on its way")
    default_storage.save("a/key", ContentFile(b"x"))
    assert scratch.folder().is_dir()

    assert default_storage.listdir("") == (["a"], [])
