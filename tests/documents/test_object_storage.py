"""A bucket of a real server (tests/buckets.py)."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from documents import blobs, object_storage
from documents.models import Blob
from documents.object_storage import ObjectStorage
from system import scratch
from system.errors import Unavailable
from tests.buckets import SECRET_KEY
from tests.flows.live import free_port

GIVE_UP = ("exists", "open", "size", "delete", "get_modified_time", "listdir")


@pytest.fixture
def bucket(in_bucket):
    return storages["default"]


@pytest.fixture
def unlike(bucket_server):
    """The bucket with other options."""
    return lambda **options: ObjectStorage(**bucket_server.options(**options))


def test_an_object_is_stored_listed_read_in_pieces_and_removed(bucket):
    bucket.save("a/b/key", ContentFile(b"0123456789"))

    with bucket.open("a/b/key") as stored:
        pieces = [stored.read(4), stored.read(4), stored.read(4), stored.read(4)]
        size = stored.size
    assert (pieces, size, bucket.size("a/b/key")) == ([b"0123", b"4567", b"89", b""], 10, 10)
    assert (bucket.listdir(""), bucket.listdir("a/b")) == ((["a"], []), ([], ["key"]))
    assert bucket.get_modified_time("a/b/key").tzinfo
    bucket.delete("a/b/key")
    bucket.delete("a/b/key")
    assert not bucket.exists("a/b/key")


@pytest.mark.parametrize("how", ["open", "size", "get_modified_time"])
def test_a_missing_object_is_told_as_missing(bucket, how):
    with pytest.raises(FileNotFoundError):
        getattr(bucket, how)("nothing")


def test_an_object_is_not_written_over(bucket):
    bucket.save("key", ContentFile(b"first"))

    with pytest.raises(Unavailable, match="PreconditionFailed"):
        bucket._save("key", ContentFile(b"another"))

    with bucket.open("key") as stored:
        assert stored.read() == b"first"


def test_a_try_whose_answer_was_lost_is_no_other_object(bucket):
    bucket.save("key", ContentFile(b"first"))

    assert bucket._save("key", ContentFile(b"first")) == "key"


def test_bytes_that_are_not_those_of_their_digest_are_refused_by_the_server(bucket):
    changed = ContentFile(b"otters")
    changed.sha256 = "0" * 64

    with pytest.raises(Unavailable, match="BadDigest"):
        bucket.save("key", changed)

    assert not bucket.exists("key")


def test_an_object_that_takes_too_long_is_given_up_and_leaves_nothing(bucket, monkeypatch):
    monkeypatch.setattr(object_storage, "PUT_SECONDS", -1)

    with pytest.raises(Unavailable, match="does not answer"):
        bucket.save("key", ContentFile(b"x" * 1000))

    assert not bucket.exists("key")


@pytest.mark.parametrize("how", GIVE_UP)
@pytest.mark.parametrize(
    "options", [{"endpoint_url": "nobody"}, {"secret_key": "wrong"}], ids=["no server", "wrong key"]
)
def test_a_bucket_that_cannot_be_asked_is_unavailable_and_never_empty(unlike, options, how):
    if options.get("endpoint_url"):
        options = {"endpoint_url": f"http://127.0.0.1:{free_port()}"}

    with pytest.raises(Unavailable) as told:
        getattr(unlike(**options), how)("key")

    assert told.value.headers["Retry-After"]
    assert SECRET_KEY not in told.value.message


@pytest.mark.parametrize("how", ["exists", "open", "size"])
def test_a_missing_bucket_is_no_missing_object(unlike, how):
    with pytest.raises(Unavailable):
        getattr(unlike(bucket_name="elsewhere"), how)("key")


@pytest.mark.django_db
def test_a_worker_has_a_copy_for_as_long_as_it_needs_one(bucket, owner):
    blob = blobs.store(owner.tenant, ContentFile(b"otters" * 1000))

    with blobs.on_disk(blob, check=lambda: None) as path:
        content = path.read_bytes()

    assert content == b"otters" * 1000
    assert list(scratch.folder().iterdir()) == []


@pytest.mark.django_db
def test_copying_ends_when_nobody_wants_it_any_more(bucket, owner):
    blob = blobs.store(owner.tenant, ContentFile(b"otters"))

    def canceled():
        raise RuntimeError("canceled")

    with pytest.raises(RuntimeError, match="canceled"), blobs.on_disk(blob, check=canceled):
        pass

    assert list(scratch.folder().iterdir()) == []


@pytest.mark.django_db
def test_a_copy_of_a_missing_object_is_told_as_missing(bucket, owner):
    blob = Blob.objects.create(tenant=owner.tenant, key="nothing")

    with pytest.raises(FileNotFoundError), blobs.on_disk(blob, check=lambda: None):
        pass


@pytest.mark.django_db
def test_a_machine_without_room_for_a_copy_is_not_the_documents_fault(bucket, owner, monkeypatch):
    blob = blobs.store(owner.tenant, ContentFile(b"otters"))

    class Full:
        name = "/nowhere"

        def __init__(self, **kwargs):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *error):
            pass

        def write(self, data):
            raise OSError("No space left on device")

    monkeypatch.setattr(blobs.tempfile, "NamedTemporaryFile", Full)

    with pytest.raises(Unavailable, match="no room"), blobs.on_disk(blob, check=lambda: None):
        pass
