"""`on_conflict` at POST /datasets/{id}/documents, which the contract does not know (documents/conflicts.py)."""

import pytest

from documents.models import Blob, Document
from system.errors import Unavailable
from tests.contract.answers import UPLOADED

pytestmark = pytest.mark.django_db


@pytest.fixture
def there(kb, post_files):
    """What the dataset has: the id of a.txt."""
    return post_files(kb.pk, ("a.txt", "otters")).json()["data"][0]["id"]


@pytest.fixture
def send(kb, post_files):
    """Upload with a word on conflicts; returns the answer."""

    def send(*files, asked, **more):
        return post_files(kb.pk, *files, on_conflict=asked, **more)

    return send


def test_without_it_rows_are_those_of_the_contract(kb, there, post_files):
    rows = post_files(kb.pk, ("a.txt", "otters"), ("b.txt", "otters")).json()["data"]

    assert [row["name"] for row in rows] == ["a(1).txt", "b.txt"]
    assert {frozenset(row) for row in rows} == {frozenset(UPLOADED)}


def test_with_it_each_file_has_a_row_with_its_result(there, send):
    files = [("a.txt", "otters"), ("a.txt", "beavers"), ("b.txt", "otters"), ("c.txt", "moles")]

    results = {
        asked: [(row["name"], row["upload_result"]) for row in send(*files, asked=asked).json()["data"]]
        for asked in ("skip", "replace", "keep")
    }

    assert results == {
        "skip": [("a.txt", "skipped"), ("a(1).txt", "kept"), ("a.txt", "skipped"), ("c.txt", "stored")],
        "replace": [("a.txt", "skipped"), ("a.txt", "replaced"), ("b.txt", "stored"), ("c.txt", "skipped")],
        "keep": [("a(2).txt", "kept"), ("a(3).txt", "kept"), ("b(1).txt", "kept"), ("c(1).txt", "kept")],
    }


def test_a_skipped_and_a_replaced_file_are_answered_with_the_document(there, send):
    skipped = send(("again.txt", "otters"), asked="skip").json()["data"][0]
    replaced = send(("a.txt", "beavers"), asked="replace").json()["data"][0]

    assert set(skipped) == set(replaced) == {*UPLOADED, "upload_result"}
    assert (skipped["id"], skipped["size"]) == (there, 6)
    assert (replaced["id"], replaced["size"]) == (there, 7)


def test_errors_are_a_conflict_and_tell_of_each_file(there, send, kb):
    answer = send(("a.txt", "beavers"), ("b.txt", "moles"), asked="error")

    body = answer.json()
    told = (
        f"The dataset has `a.txt` ({there}), with other content; `on_conflict=replace` would put this one in its place."
    )
    stored = kb.documents.get(name="b.txt")
    assert answer.status_code == 409
    assert (body["code"], body["message"]) == (500, f"a.txt: {told}")
    assert body["data"] == [
        {"name": "a.txt", "upload_result": "refused", "id": None, "message": told},
        {"name": "b.txt", "upload_result": "stored", "id": stored.pk, "message": ""},
    ]


def test_errors_of_several_kinds_are_a_bad_request(there, send):
    assert send(("a.txt", "beavers"), ("b.exe", "moles"), asked="error").status_code == 400


@pytest.mark.parametrize("asked", ["", "keep"])
def test_it_may_be_a_query_parameter_which_the_form_overrides(api, kb, there, asked):
    from tests.contract.conftest import named

    url = f"/api/v1/datasets/{kb.pk}/documents?on_conflict=skip"
    form = {"file": named("a.txt", b"otters"), "on_conflict": asked}

    row = api.post(url, form).json()["data"][0]

    assert row["upload_result"] == ("kept" if asked else "skipped")


def test_another_word_is_refused_and_nothing_is_stored(send):
    answer = send("a.txt", asked="overwrite")

    message = "`on_conflict` is 'overwrite'; send `keep`, `skip`, `replace` or `error`."
    assert (answer.status_code, answer.json()) == (400, {"code": 101, "message": message})
    assert not Document.objects.exists()
    assert not Blob.objects.exists()


def test_a_storage_that_does_not_answer_is_asked_once_and_told_as_unavailable(kb, post_files, monkeypatch):
    from django.core.files.storage import storages

    tried = []

    def silent(self, name, content):
        tried.append(name)
        raise Unavailable("The file storage does not answer; try again later.", headers={"Retry-After": "10"})

    monkeypatch.setattr(type(storages["default"]), "_save", silent)

    answer = post_files(kb.pk, "a.txt", "b.txt")

    text = "The file storage does not answer; try again later."
    assert (answer.status_code, answer.headers["Retry-After"], len(tried)) == (503, "10", 1)
    assert answer.json() == {"code": 500, "message": f"a.txt: {text}\nb.txt: {text}"}
    assert not Document.objects.exists()
