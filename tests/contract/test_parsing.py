"""From upload to hit through the REST API, with the real parser child and the real model."""

import pytest

from documents import jobs

pytestmark = pytest.mark.django_db(transaction=True)

TEXT = "# Otters\n\nOtters hold hands while they sleep.\n\n# Beavers\n\nBeavers build dams out of wood.\n"


@pytest.fixture
def parse(api, kb):
    """Start documents through the API and work until nothing is left to be done."""

    def parse(*documents):
        body = {"document_ids": [document.pk for document in documents]}
        assert api.post(f"/api/v1/datasets/{kb.pk}/chunks", body, format="json").json() == {"code": 0}
        jobs.wake()

    return parse


@pytest.fixture
def shown(api, kb):
    """A document as the list shows it."""
    return lambda document: api.get(f"/api/v1/datasets/{kb.pk}/documents", {"id": document.pk}).json()["data"]["docs"][
        0
    ]


@pytest.fixture
def found(api, kb):
    def found(question):
        answer = api.post("/api/v1/retrieval", {"dataset_ids": [kb.pk], "question": question}, format="json")
        return [hit["document_id"] for hit in answer.json()["data"]["chunks"]]

    return found


def test_an_uploaded_document_is_parsed_listed_and_found(api, kb, upload, parse, shown, found):
    document = upload("animals.md", TEXT)

    parse(document)

    row = shown(document)
    assert (row["run"], row["progress"]) == ("DONE", 1.0)
    assert row["chunk_count"] > 0
    assert row["process_duration"] > 0
    assert row["process_begin_at"].endswith("GMT")
    assert "Task done" in row["progress_msg"].splitlines()[-1]
    chunks = api.get(f"/api/v1/datasets/{kb.pk}/documents/{document.pk}/chunks").json()["data"]["chunks"]
    text = " ".join(chunk["content"] for chunk in chunks)
    assert text.index("Otters hold hands") < text.index("Beavers build dams")
    assert set(found("What do beavers build?")) == {document.pk}


def test_the_one_line_file_is_one_chunk_and_an_empty_one_none(upload, parse, shown):
    line, empty = upload("line.txt", "This is the content of a test TXT file."), upload("empty.txt", "")

    parse(line, empty)

    assert [(shown(one)["run"], shown(one)["chunk_count"]) for one in (line, empty)] == [("DONE", 1), ("DONE", 0)]


def test_parsing_again_keeps_the_chunks_and_what_was_done_by_hand(api, kb, upload, parse, shown):
    document = upload("animals.md", TEXT)
    parse(document)
    url = f"/api/v1/datasets/{kb.pk}/documents/{document.pk}/chunks"
    api.post(url, {"content": "Zebrafish sleep too."}, format="json")
    before = {chunk["id"] for chunk in api.get(url).json()["data"]["chunks"]}

    parse(document)

    assert {chunk["id"] for chunk in api.get(url).json()["data"]["chunks"]} == before
    assert shown(document)["chunk_count"] == len(before)


def test_a_damaged_file_fails_with_a_message_and_its_neighbour_is_parsed(upload, parse, shown):
    bad, good = upload("bad.pdf", b"%PDF-1.7 and then nothing of the kind"), upload("good.txt", TEXT)

    parse(bad, good)

    assert (shown(bad)["run"], shown(bad)["progress"]) == ("FAIL", -1.0)
    assert "[ERROR]" in shown(bad)["progress_msg"]
    assert shown(good)["run"] == "DONE"
