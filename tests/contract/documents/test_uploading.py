"""POST /datasets/{id}/documents, row by row of the contract (B.2)."""

import pytest

from documents.models import Blob, BlobState, Document
from system.rest.uploads import SpooledUpload
from tests.contract.answers import UNKNOWN, UPLOADED, failure

pytestmark = pytest.mark.django_db


def test_an_upload_answers_each_document(kb, owner, post_files):
    answer = post_files(kb.pk, "first.txt", ("second.PDF", b"%PDF-1.7"))

    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"code", "data"}
    first, second = body["data"]
    assert set(first) == UPLOADED
    assert first["dataset_id"] == kb.pk
    assert (first["name"], first["type"], first["suffix"], first["location"]) == (
        "first.txt",
        "doc",
        "txt",
        "first.txt",
    )
    assert (first["size"], first["run"], first["source_type"], first["thumbnail"]) == (7, "UNSTART", "local", "")
    assert (first["chunk_method"], first["parser_config"]) == ("naive", kb.parser_config)
    assert first["created_by"] == owner.pk
    assert (second["type"], second["suffix"]) == ("pdf", "pdf")


@pytest.mark.parametrize(
    ("name", "kind", "method"),
    [
        ("a.png", "visual", "picture"),
        ("a.mp3", "aural", "audio"),
        ("a.pptx", "doc", "presentation"),
        ("a.eml", "doc", "email"),
        ("a.md", "doc", "naive"),
    ],
)
def test_the_method_goes_by_the_kind_of_file(kb, post_files, name, kind, method):
    uploaded = post_files(kb.pk, name).json()["data"][0]

    assert (uploaded["type"], uploaded["chunk_method"]) == (kind, method)


@pytest.mark.parametrize(
    ("parent_path", "location"),
    [("reports/2025", "reports/2025/a.txt"), ("../../etc", "etc/a.txt"), ("/a b/", "ab/a.txt"), ("", "a.txt")],
    ids=["path", "dots", "characters", "empty"],
)
def test_the_location_begins_with_the_cleaned_parent_path(kb, post_files, parent_path, location):
    uploaded = post_files(kb.pk, "a.txt", parent_path=parent_path).json()["data"][0]

    assert uploaded["location"] == location


def test_a_parent_path_of_more_than_255_characters_is_refused_and_nothing_is_stored(kb, post_files):
    answer = post_files(kb.pk, "a.txt", parent_path="x" * 256)

    assert (answer.status_code, answer.json()["code"]) == (400, 101)
    assert not Blob.objects.exists()


def test_names_are_made_unique_inside_one_request(kb, post_files):
    uploaded = post_files(kb.pk, "a.txt", "a.txt", "A.txt").json()["data"]

    assert [one["name"] for one in uploaded] == ["a.txt", "a(1).txt", "A(2).txt"]


def test_empty_files_are_fine(kb, post_files):
    answer = post_files(kb.pk, ("empty.txt", b"")).json()

    assert answer["data"][0]["size"] == 0


@pytest.mark.parametrize("name", ["!@#$%^&()_+-=[]{};',.txt", "a &amp; b.txt", "文件.txt", "a" * 251 + ".txt"])
def test_names_keep_their_characters(kb, post_files, name):
    assert post_files(kb.pk, name).json()["data"][0]["name"] == name


@pytest.mark.parametrize(
    "body",
    [
        {"data": {}, "format": "multipart"},
        {"data": {"parent_path": "x"}, "format": "multipart"},
        {"data": {"file": []}, "format": "json"},
        {"data": b"", "content_type": "application/octet-stream"},
    ],
    ids=["no-parts", "other-part", "json", "bytes"],
)
def test_an_upload_without_a_file_part_is_refused(api, url, body):
    answer = api.post(url, **body)

    assert (answer.status_code, answer.json()) == (400, failure(101, "No file part!"))


def test_a_part_without_a_file_name_is_refused_and_nothing_is_stored(api, url, kb):
    body = (
        '--b\r\nContent-Disposition: form-data; name="file"; filename="good.txt"\r\n\r\nx\r\n'
        '--b\r\nContent-Disposition: form-data; name="file"; filename=""\r\n\r\nx\r\n--b--\r\n'
    )

    answer = api.generic("POST", url, body, content_type="multipart/form-data; boundary=b")

    assert (answer.status_code, answer.json()) == (400, failure(101, "No file selected!"))
    assert not Document.objects.exists()


def test_a_name_of_more_than_255_bytes_is_refused_and_nothing_is_stored(kb, post_files):
    answer = post_files(kb.pk, "good.txt", "ä" * 126 + ".txt")

    assert (answer.status_code, answer.json()) == (400, failure(101, "File name must be 255 bytes or less."))
    assert not Document.objects.exists()


def test_an_unknown_dataset_is_told_as_an_exception(post_files):
    answer = post_files(UNKNOWN, "a.txt")

    text = f"""LookupError("Can't find the dataset with ID {UNKNOWN}!")"""
    assert (answer.status_code, answer.json()) == (404, {"code": 100, "message": text, "data": None})


def test_the_file_is_judged_before_the_dataset(post_files):
    answer = post_files(UNKNOWN, "a" * 256 + ".txt")

    assert answer.json()["message"] == "File name must be 255 bytes or less."


def test_an_upload_that_was_cut_off_is_malformed_and_nothing_is_stored(api, url, kb):
    file = '--b\r\nContent-Disposition: form-data; name="file"; filename="{}.txt"\r\n\r\nx\r\n'

    answer = api.generic("POST", url, file.format(1) + file.format(2), content_type="multipart/form-data; boundary=b")

    message = "The request is malformed or was cut off; send it again, whole."
    assert (answer.status_code, answer.json()) == (400, failure(101, message))
    assert not Document.objects.exists()


def test_a_token_that_may_not_write_uploads_nothing_that_is_read(api_as, owner, kb, post_files, settings):
    settings.RAG_REQUEST_BYTES = 10  # reading would be refused first

    answer = post_files(kb.pk, "a.txt", client=api_as(owner, scopes=["read"]))

    assert answer.status_code == 403


def test_the_bytes_for_a_dataset_out_of_reach_are_not_kept(foreign, post_files, monkeypatch):
    def kept(self, block):
        raise AssertionError("bytes are kept")

    monkeypatch.setattr(SpooledUpload, "append", kept)

    assert post_files(foreign.pk, "a.txt").status_code == 404


def test_good_files_are_stored_although_others_are_refused(kb, post_files):
    Document.objects.bulk_create([Document(kb=kb, created_by=kb.created_by, name="b" * 251 + ".txt", type="doc")])

    answer = post_files(kb.pk, "good.txt", "bad.xyz", "none", "b" * 251 + ".txt", "fine.md")

    assert answer.status_code == 400
    assert answer.json() == failure(
        500,
        "bad.xyz: This type of file has not been supported yet!\n"
        "none: This type of file has not been supported yet!\n"
        f"{'b' * 251}.txt: Exceed the maximum length of file name!",
    )
    assert set(kb.documents.values_list("name", flat=True)) >= {"good.txt", "fine.md"}
    assert kb.refresh().doc_num == 3


def test_a_storage_that_fails_is_told_and_the_others_are_stored(kb, post_files, full_disk):
    full_disk(size=3)

    answer = post_files(kb.pk, ("big.txt", "xxx"), ("small.txt", "x"))

    assert answer.status_code == 500
    assert answer.json() == failure(500, "big.txt: The file could not be stored; try again.")
    assert [one.name for one in kb.documents.all()] == ["small.txt"]


def test_a_thousand_files_come_in_one_request(kb, post_files):
    answer = post_files(kb.pk, *[(f"{number}.txt", str(number)) for number in range(1000)])

    assert answer.status_code == 200
    assert len(answer.json()["data"]) == kb.refresh().doc_num == 1000
    assert Blob.objects.filter(state=BlobState.LIVE).count() == 1000
