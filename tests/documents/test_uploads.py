import hashlib

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile

from documents import uploads
from documents.models import Blob, BlobState, Document, File
from documents.storage import AtomicFileSystemStorage
from system.errors import ArgumentError

pytestmark = pytest.mark.django_db


def test_an_upload_stores_bytes_and_rows(kb, upload):
    document = upload("report.txt", b"\x00\xff bytes as they are")

    with default_storage.open(document.blob.key) as stored:
        data = stored.read()
    assert data == b"\x00\xff bytes as they are"
    assert document.sha256 == hashlib.sha256(data).hexdigest()
    assert (document.size, document.suffix, document.type) == (len(data), "txt", "doc")
    assert Blob.objects.get().state == BlobState.LIVE
    assert document.file.parent == kb.folder
    assert kb.refresh().doc_num == 1


def test_a_users_file_name_is_no_part_of_the_storage_key(upload):
    document = upload("../../etc/passwd.txt")

    assert document.name == "passwd.txt"
    assert "passwd" not in document.blob.key


def test_names_are_made_unique_whatever_their_case(upload):
    names = [upload(name).name for name in ("a.txt", "A.txt", "a.txt")]

    assert names == ["a.txt", "A(1).txt", "a(2).txt"]


def test_one_refused_file_keeps_no_other_out(kb, owner):
    files = [SimpleUploadedFile(name, b"x") for name in ("good.txt", "bad.xyz", "fine.md")]

    uploaded = uploads.add(kb, user=owner, files=files)

    assert [document.name for document in uploaded.documents] == ["good.txt", "fine.md"]
    assert uploaded.refused == [("bad.xyz", "This type of file has not been supported yet!")]
    assert Document.objects.count() == Blob.objects.count() == 2


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("C:\\Users\\me\\plan.txt", "plan.txt"),
        ("in\u202evoice.txt", "invoice.txt"),
        ("tab\tbell\x07.txt", "tabbell.txt"),
        ("cafe\u0301.txt", "cafe\u0301.txt"),
        ("👩\u200d💻.txt", "👩\u200d💻.txt"),
        ("#we!rd & fine [1].txt", "#we!rd & fine [1].txt"),
    ],
    ids=["path", "bidi", "control", "bytes-kept", "joined-emoji", "punctuation"],
)
def test_a_name_is_a_label_only(name, label):
    assert uploads.clean_name(name) == label


@pytest.mark.parametrize("name", ["", "..", "\u202e", "a/"], ids=["empty", "dots", "only-bidi", "folder"])
def test_a_name_of_nothing_is_refused(name):
    with pytest.raises(ArgumentError, match="No file selected!"):
        uploads.clean_name(name)


def test_a_name_may_have_255_bytes_and_no_more():
    assert uploads.clean_name("a" * 251 + ".txt")
    with pytest.raises(ArgumentError, match="255 bytes"):
        uploads.clean_name("ä" * 126 + ".txt")


def test_a_storage_that_fails_leaves_a_pending_blob_for_the_sweeper(kb, owner, monkeypatch):
    def full(*args, **kwargs):
        raise OSError("No space left on device")

    monkeypatch.setattr(AtomicFileSystemStorage, "_save", full)

    with pytest.raises(OSError, match="No space"):
        uploads.add_one(kb, user=owner, file=SimpleUploadedFile("a.txt", b"x"))

    assert Blob.objects.get().state == BlobState.PENDING
    assert not Document.objects.exists()
    assert not File.objects.filter(name="a.txt").exists()


def test_the_dataset_folder_is_made_once(kb, upload):
    upload("a.txt")
    upload("b.txt")

    assert File.objects.filter(type="folder").count() == 3  # root, shelf, dataset
