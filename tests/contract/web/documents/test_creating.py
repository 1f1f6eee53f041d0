"""POST /v1/document/create, row by row of the contract (C.5)."""

import pytest

from documents import jobs, queueing, removal
from documents.models import Document, File, Run
from tests.contract.answers import UNKNOWN
from tests.contract.web.documents.shapes import DOCUMENT, missing, refusal

pytestmark = pytest.mark.django_db


def test_an_empty_document_is_made(kb, owner, ask):
    answer = ask("create", kb_id=kb.pk, name="notes.txt")

    row = answer.json()["data"]
    assert (answer.status_code, set(row)) == (200, DOCUMENT)
    assert (row["name"], row["type"], row["size"], row["suffix"]) == ("notes.txt", "virtual", 0, "txt")
    assert (row["kb_id"], row["created_by"], row["parser_id"]) == (kb.pk, owner.pk, "naive")
    assert (row["run"], row["status"], row["chunk_num"], row["location"]) == ("0", "1", 0, "")
    assert row["parser_config"] == kb.parser_config
    assert kb.refresh().doc_num == 1
    assert Document.objects.get().blob is None
    assert File.objects.get(documents=row["id"]).type == "virtual"


@pytest.mark.parametrize(
    "name", ["no suffix", "a.unknown", "x." + "y" * 200, "文件", "!@#$%^&()_+-=[]{};',.txt", "a" * 255]
)
def test_a_name_may_have_any_suffix(kb, ask, name):
    assert ask("create", kb_id=kb.pk, name=name).json()["data"]["name"] == name


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        ({}, 400, missing("name", "kb_id")),
        ({"name": "a"}, 400, missing("kb_id")),
        ({"kb_id": UNKNOWN}, 400, missing("name")),
        ({"name": "ä" * 128}, 400, refusal(101, "File name must be 255 bytes or less.", False)),
        ({"name": " " * 256}, 400, refusal(101, "File name must be 255 bytes or less.", False)),
        ({"name": ""}, 400, refusal(101, "File name can't be empty.", False)),
        ({"name": " \t"}, 400, refusal(101, "File name can't be empty.", False)),
        ({"name": "a/.."}, 400, refusal(101, "File name can't be empty.", False)),
        ({"name": 7}, 400, refusal(100, """AttributeError("'int' object has no attribute 'encode'")""")),
        ({"name": None}, 400, refusal(100, """AttributeError("'NoneType' object has no attribute 'encode'")""")),
        ({"name": "a"}, 404, refusal(102, "Can't find this knowledgebase!")),
    ],
)
def test_a_wrong_request_is_refused(ask, body, status, expected):
    complete = body if "missing" in expected["message"] else {"kb_id": UNKNOWN, **body}

    answer = ask("create", **complete)

    assert (answer.status_code, answer.json()) == (status, expected)


@pytest.mark.parametrize("name", ["report.txt", "REPORT.TXT"])
def test_a_name_that_is_taken_is_refused(kb, document, ask, name):
    answer = ask("create", kb_id=kb.pk, name=name)

    expected = refusal(102, "Duplicated document name in the same knowledgebase.")
    assert (answer.status_code, answer.json()) == (409, expected)
    assert kb.refresh().doc_num == 1


def test_the_name_of_a_deleted_document_is_free(kb, document, ask):
    removal.remove([document.pk])

    assert ask("create", kb_id=kb.pk, name=document.name).json()["code"] == 0


@pytest.mark.parametrize("method", ["naive", "table"])
@pytest.mark.django_db(transaction=True)
def test_parsing_it_ends_done_without_chunks(kb, ask, method):
    kb.parser_id = method
    kb.save()
    document = Document.objects.get(pk=ask("create", kb_id=kb.pk, name="notes").json()["data"]["id"])

    queueing.start([document.pk])
    jobs.wake()

    document.refresh_from_db()
    assert (document.run, document.progress, document.chunk_num) == (Run.DONE, 1, 0)


def test_there_is_nothing_to_download(kb, ask, web):
    key = ask("create", kb_id=kb.pk, name="notes").json()["data"]["id"]

    answer = web.get(f"/v1/document/get/{key}")

    assert (answer.status_code, answer.json()) == (400, refusal(102, "This file is empty."))


def test_it_is_deleted_with_its_file(kb, ask):
    key = ask("create", kb_id=kb.pk, name="notes").json()["data"]["id"]

    assert ask("rm", doc_id=key).json()["data"] is True
    assert kb.refresh().doc_num == 0
    assert not File.objects.filter(name="notes").exists()
