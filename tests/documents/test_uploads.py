import hashlib

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from documents import labels, uploads
from documents.models import Blob, BlobState, Document, File
from documents.models.document import DocumentQuerySet
from knowledgebases import naming
from knowledgebases.models import Knowledgebase
from system.errors import ArgumentError, DataError

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
    assert [(name, error.message) for name, error in uploaded.errors] == [
        ("bad.xyz", "This type of file has not been supported yet!")
    ]
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
    assert labels.clean_name(name) == label


@pytest.mark.parametrize("name", ["", "..", "\u202e", "a/"], ids=["empty", "dots", "only-bidi", "folder"])
def test_a_name_of_nothing_is_refused(name):
    with pytest.raises(ArgumentError, match="No file selected!"):
        labels.clean_name(name)


def test_a_name_may_have_255_bytes_and_no_more():
    assert labels.clean_name("a" * 251 + ".txt")
    with pytest.raises(ArgumentError, match="255 bytes"):
        labels.clean_name("ä" * 126 + ".txt")


def test_a_storage_that_fails_leaves_a_pending_blob_for_the_sweeper(kb, owner, full_disk):
    full_disk()

    with pytest.raises(OSError, match="No space"):
        uploads.add_one(kb, user=owner, file=SimpleUploadedFile("a.txt", b"x"))

    assert Blob.objects.get().state == BlobState.PENDING
    assert not Document.objects.exists()
    assert not File.objects.filter(name="a.txt").exists()


def test_datasets_that_had_the_same_name_one_after_the_other_both_take_uploads(kb, owner, upload):
    upload("a.txt")
    Knowledgebase.objects.filter(pk=kb.pk).update(deleted_at=timezone.now())
    again = Knowledgebase.objects.create(tenant=kb.tenant, created_by=owner, name=kb.name, embd_id=kb.embd_id)

    document = upload("a.txt", to=again)

    assert document.file.parent == again.folder != kb.folder


def test_the_dataset_folder_is_made_once(kb, upload):
    upload("a.txt")
    upload("b.txt")

    assert File.objects.filter(type="folder").count() == 3  # root, shelf, dataset


def test_the_hundredth_file_of_one_name_costs_what_the_second_does(kb, upload, django_assert_max_num_queries):
    upload("a.txt")
    with CaptureQueriesContext(connection) as second:
        upload("a.txt")
    Document.objects.bulk_create(
        [Document(kb=kb, created_by=kb.created_by, name=f"a({n}).txt", type="doc") for n in range(2, 100)]
    )

    with django_assert_max_num_queries(len(second)):
        document = upload("a.txt")

    assert document.name == "a(100).txt"


def test_a_name_with_no_room_for_a_number_is_refused_before_anything_is_stored(upload):
    upload("b" * 251 + ".txt")

    with pytest.raises(DataError, match="maximum length"):
        upload("b" * 251 + ".txt")

    assert Blob.objects.count() == 1


def test_a_name_that_is_taken_meanwhile_gets_the_next_number(kb, upload, monkeypatch):
    upload("a.txt")
    monkeypatch.setattr(naming, "among", lambda rows: lambda names: [])

    assert upload("a.txt").name == "a(1).txt"


@pytest.mark.parametrize(
    ("name", "message"),
    [("", "empty"), (" ", "empty"), ("a/..", "empty"), ("\u202e", "empty"), (" " * 256, "255 bytes")],
)
def test_a_name_that_is_typed_in_has_to_say_something(name, message):
    with pytest.raises(ArgumentError, match=message):
        labels.typed_name(name)


def test_an_empty_document_has_a_file_entry_but_no_bytes(kb, owner):
    document = uploads.create_empty(kb, user=owner, name=f"notes.{'x' * 40}")

    assert (document.type, document.size, document.location, document.blob) == ("virtual", 0, "", None)
    assert document.suffix == "x" * 32
    assert (document.file.name, document.file.parent, document.file.blob) == (document.name, kb.folder, None)
    assert not Blob.objects.exists()


def test_two_empty_documents_cannot_have_one_name(kb, owner, monkeypatch):
    uploads.create_empty(kb, user=owner, name="notes")

    with pytest.raises(uploads.NameTaken):
        uploads.create_empty(kb, user=owner, name="NOTES")
    monkeypatch.setattr(DocumentQuerySet, "named", lambda rows, name: rows.none())  # as if it came meanwhile
    with pytest.raises(uploads.NameTaken):
        uploads.create_empty(kb, user=owner, name="Notes")

    assert kb.refresh().doc_num == 1
    assert File.objects.filter(name__iexact="notes").count() == 1
