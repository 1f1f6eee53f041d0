"""POST /v1/document/upload, row by row of the contract (C.5)."""

import pytest

from documents.models import Document
from tests.contract.answers import UNKNOWN
from tests.contract.web.documents.shapes import UPLOADED, missing, refusal

pytestmark = pytest.mark.django_db

URL = "/v1/document/upload"


def test_an_upload_answers_each_document_under_the_names_of_the_columns(kb, owner, send):
    answer = send("first.txt", ("second.PDF", b"%PDF-1.7"))

    body = answer.json()
    first, second = body["data"]
    assert (answer.status_code, body["code"], body["message"]) == (200, 0, "success")
    assert set(first) == UPLOADED
    assert (first["kb_id"], first["parser_id"], first["created_by"]) == (kb.pk, "naive", owner.pk)
    assert (first["name"], first["type"], first["suffix"], first["location"]) == (
        "first.txt",
        "doc",
        "txt",
        "first.txt",
    )
    assert (first["size"], first["source_type"], first["thumbnail"]) == (7, "local", "")
    assert first["parser_config"] == kb.parser_config
    assert (second["type"], second["suffix"]) == ("pdf", "pdf")


def test_names_are_made_unique_inside_one_request(send):
    uploaded = send("a.txt", "a.txt", "A.txt").json()["data"]

    assert [one["name"] for one in uploaded] == ["a.txt", "a(1).txt", "A(2).txt"]


def test_empty_files_are_fine(send):
    assert send(("empty.txt", b"")).json()["data"][0]["size"] == 0


@pytest.mark.parametrize(
    "name", ["!@#$%^&()_+-=[]{};',.txt", "文件.txt", "a" * 251 + ".txt"], ids=["marks", "cjk", "255-bytes"]
)
def test_names_keep_their_characters(send, name):
    assert send(name).json()["data"][0]["name"] == name


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"data": {"file": "x"}, "format": "multipart"}, missing("kb_id")),
        ({"data": {}, "format": "json"}, missing("kb_id")),
        ({"data": {}, "format": "multipart"}, missing("kb_id")),
        ({"data": b"", "content_type": "text/plain"}, missing("kb_id")),
        ({"data": {"kb_id": ""}, "format": "multipart"}, refusal(101, 'Lack of "KB ID"', False)),
        ({"data": {"kb_id": None}, "format": "json"}, refusal(101, 'Lack of "KB ID"', False)),
        ({"data": {"kb_id": UNKNOWN}, "format": "multipart"}, refusal(101, "No file part!", False)),
        ({"data": {"kb_id": UNKNOWN}, "format": "json"}, refusal(101, "No file part!", False)),
    ],
    ids=["no-id", "empty-json", "no-parts", "text", "empty-id", "null-id", "no-file", "json"],
)
def test_an_upload_without_dataset_or_file_is_refused(web, body, expected):
    answer = web.post(URL, **body)

    assert (answer.status_code, answer.json()) == (400, expected)


def test_a_part_without_a_file_name_is_refused_and_nothing_is_stored(web, kb):
    body = (
        f'--b\r\nContent-Disposition: form-data; name="kb_id"\r\n\r\n{kb.pk}\r\n'
        '--b\r\nContent-Disposition: form-data; name="file"; filename="good.txt"\r\n\r\nx\r\n'
        '--b\r\nContent-Disposition: form-data; name="file"; filename=""\r\n\r\nx\r\n--b--\r\n'
    )

    answer = web.generic("POST", URL, body, content_type="multipart/form-data; boundary=b")

    assert (answer.status_code, answer.json()) == (400, refusal(101, "No file selected!", False))
    assert not Document.objects.exists()


def test_the_dataset_may_be_named_after_the_files(web, kb):
    body = (
        '--b\r\nContent-Disposition: form-data; name="file"; filename="good.txt"\r\n\r\nx\r\n'
        f'--b\r\nContent-Disposition: form-data; name="kb_id"\r\n\r\n{kb.pk}\r\n--b--\r\n'
    )

    answer = web.generic("POST", URL, body, content_type="multipart/form-data; boundary=b")

    assert answer.json()["data"][0]["name"] == "good.txt"


def test_a_name_of_more_than_255_bytes_is_refused_and_nothing_is_stored(send):
    answer = send("good.txt", "ä" * 126 + ".txt")

    assert (answer.status_code, answer.json()) == (
        400,
        refusal(101, "File name must be 255 bytes or less.", False),
    )
    assert not Document.objects.exists()


def test_the_files_are_judged_before_the_dataset(send):
    answer = send("a" * 256 + ".txt", kb_id=UNKNOWN)

    assert answer.json()["message"] == "File name must be 255 bytes or less."


@pytest.mark.parametrize("kb_id", [UNKNOWN, "invalid_kb_id", "x" * 5000])
def test_an_unknown_dataset_is_told_as_an_exception(send, kb_id):
    answer = send("a.txt", kb_id=kb_id)

    expected = refusal(100, """LookupError("Can't find this knowledgebase!")""")
    assert (answer.status_code, answer.json()) == (404, expected)


def test_good_files_are_stored_although_others_are_refused(kb, send):
    answer = send("good.txt", "bad.xyz", "none")

    reason = "This type of file has not been supported yet!"
    assert (answer.status_code, answer.json()) == (400, refusal(500, f"bad.xyz: {reason}\nnone: {reason}"))
    assert [document.name for document in kb.documents.all()] == ["good.txt"]


def test_a_storage_that_fails_is_told(send, full_disk):
    full_disk()

    answer = send("a.txt")

    assert (answer.status_code, answer.json()) == (
        500,
        refusal(500, "a.txt: The file could not be stored; try again."),
    )


def test_a_teammate_uploads_to_a_shared_dataset(shared, teammate, web_as, send):
    answer = send("a.txt", kb_id=shared.pk, client=web_as(teammate))

    assert answer.json()["data"][0]["created_by"] == teammate.pk


def test_a_word_on_conflicts_adds_the_result_to_each_row(kb, send):
    first = send("a.txt").json()["data"][0]

    row = send("b.txt", on_conflict="skip").json()["data"][0]

    assert set(row) == {*UPLOADED, "upload_result"}
    assert (row["id"], row["name"], row["upload_result"]) == (first["id"], "a.txt", "skipped")


def test_a_conflict_is_told_with_each_file(kb, send):
    first = send("a.txt").json()["data"][0]

    answer = send("b.txt", on_conflict="error")

    told = f"The dataset has the same content as `a.txt` ({first['id']})."
    data = [{"name": "b.txt", "upload_result": "refused", "id": None, "message": told}]
    assert (answer.status_code, answer.json()) == (409, refusal(500, f"b.txt: {told}", data))


def test_another_word_on_conflicts_is_refused(kb, send):
    message = "`on_conflict` is 'overwrite'; send `keep`, `skip`, `replace` or `error`."

    assert send("a.txt", on_conflict="overwrite").json() == refusal(101, message, False)
    assert not Document.objects.exists()
