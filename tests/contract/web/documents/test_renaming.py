"""POST /v1/document/rename, row by row of the contract (C.5)."""

import pytest

from documents.models import Document, File
from tests.contract.answers import UNKNOWN
from tests.contract.web.documents.shapes import NOAUTH, TRUE, missing, refusal
from tests.factories import DocumentFactory

pytestmark = pytest.mark.django_db

EXTENSION = refusal(101, "The extension of file can't be changed", False)


def test_a_new_name_is_that_of_the_file_too(upload, ask):
    document = upload("old.txt")

    answer = ask("rename", doc_id=document.pk, name="new.TXT")

    assert (answer.status_code, answer.json()) == (200, TRUE)
    assert Document.objects.get(pk=document.pk).name == "new.TXT"
    assert File.objects.get(pk=document.file_id).name == "new.TXT"


def test_its_chunks_are_found_by_the_new_name(upload, publish, ask, web):
    document = publish(upload("old.txt"), "Otters hold hands.")

    ask("rename", doc_id=document.pk, name="zebrafish.txt")

    found = web.post("/v1/chunk/list", {"doc_id": document.pk, "keywords": "zebrafish"}, format="json").json()["data"]
    assert (found["total"], found["chunks"][0]["docnm_kwd"]) == (1, "zebrafish.txt")


@pytest.mark.parametrize("name", ["report.txt", "REPORT.txt", "r" * 251 + ".txt"])
def test_a_document_may_keep_its_name_change_its_case_or_take_255_bytes(document, ask, name):
    assert ask("rename", doc_id=document.pk, name=name).json() == TRUE
    assert Document.objects.get(pk=document.pk).name == name


@pytest.mark.parametrize(
    ("name", "status", "expected"),
    [
        ("report.pdf", 400, EXTENSION),
        ("report", 400, EXTENSION),
        ("", 400, EXTENSION),
        ("x" * 300 + ".pdf", 400, EXTENSION),
        ("ä" * 126 + ".txt", 400, refusal(101, "File name must be 255 bytes or less.", False)),
        ("taken.txt", 409, refusal(102, "Duplicated document name in the same knowledgebase.")),
        ("TAKEN.TXT", 409, refusal(102, "Duplicated document name in the same knowledgebase.")),
        (7, 400, refusal(100, """AttributeError("'int' object has no attribute 'encode'")""")),
        (None, 400, refusal(100, """AttributeError("'NoneType' object has no attribute 'encode'")""")),
    ],
    ids=["suffix", "no-suffix", "empty", "long-and-suffix", "long", "taken", "taken-case", "number", "null"],
)
def test_a_wrong_name_is_refused_and_nothing_is_changed(kb, document, ask, name, status, expected):
    DocumentFactory(kb=kb, name="taken.txt")

    answer = ask("rename", doc_id=document.pk, name=name)

    assert (answer.status_code, answer.json()) == (status, expected)
    assert Document.objects.get(pk=document.pk).name == "report.txt"


@pytest.mark.parametrize(("body", "keys"), [({}, ("doc_id", "name")), ({"doc_id": "x"}, ("name",))])
def test_keys_that_are_missing_are_told(ask, body, keys):
    assert ask("rename", **body).json() == missing(*keys)


@pytest.mark.parametrize("doc_id", [UNKNOWN, "", None, 7, []])
def test_the_document_is_judged_before_the_name(ask, doc_id):
    answer = ask("rename", doc_id=doc_id, name="x" * 300)

    assert (answer.status_code, answer.json()) == (403, NOAUTH)


def test_a_virtual_document_takes_another_name(kb, ask):
    key = ask("create", kb_id=kb.pk, name="plain").json()["data"]["id"]

    assert ask("rename", doc_id=key, name="other").json() == TRUE
    assert File.objects.get(documents=key).name == "other"


@pytest.mark.parametrize("name", ["", " ", "..", "folder/"])
def test_a_virtual_document_needs_a_name(kb, ask, name):
    key = ask("create", kb_id=kb.pk, name="plain").json()["data"]["id"]

    answer = ask("rename", doc_id=key, name=name)

    assert (answer.status_code, answer.json()) == (400, refusal(101, "File name can't be empty.", False))
