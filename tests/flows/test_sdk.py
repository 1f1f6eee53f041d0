"""The life of a dataset, driven by the unmodified ragflow-sdk against a live site."""

import pytest
from ragflow_sdk import RAGFlow

from tests.flows.live import SAMPLES, wait_until

pytestmark = pytest.mark.processes

FORMATS = ["txt", "md", "html", "json", "csv", "xlsx", "docx", "pptx", "eml", "pdf"]


@pytest.fixture(scope="module", params=["2", "1"], ids=["two-workers", "one-worker"])
def rag(request, launch):
    site = launch(RAGSITE_WORKERS=request.param)
    return RAGFlow(api_key=site.token, base_url=site.url)


@pytest.fixture(scope="module")
def dataset(rag):
    return rag.create_dataset(name="Handbook")


@pytest.fixture(scope="module")
def documents(dataset):
    """A sample of each format, uploaded and parsed to the end, by suffix."""
    files = {suffix: next(SAMPLES.glob(f"*.{suffix}")) for suffix in FORMATS}
    uploaded = dataset.upload_documents(
        [{"display_name": file.name, "blob": file.read_bytes()} for file in files.values()]
    )
    outcome = dataset.parse_documents([document.id for document in uploaded])
    assert {run for _, run, _, _ in outcome} == {"DONE"}, [
        (document.name, document.run, document.progress_msg) for document in dataset.list_documents()
    ]
    return dict(zip(files, dataset.list_documents(page_size=50, desc=False), strict=True))


def test_ten_formats_reach_done_with_chunks(documents):
    assert {suffix for suffix, document in documents.items() if document.chunk_count > 0} == set(FORMATS)
    assert all(document.progress == 1.0 and document.process_duration > 0 for document in documents.values())


def test_counters_of_the_dataset_equal_its_chunks(rag, dataset, documents):
    shown = rag.list_datasets(id=dataset.id)[0]

    assert shown.document_count == len(FORMATS)
    assert shown.chunk_count == sum(document.chunk_count for document in documents.values())
    assert shown.chunk_count == sum(len(document.list_chunks(page_size=1000)) for document in documents.values())


def test_downloads_are_identical_to_the_bytes(documents):
    for suffix in ("pdf", "docx", "txt"):
        document = documents[suffix]

        assert document.download() == (SAMPLES / document.name).read_bytes()


def test_an_added_chunk_is_found_edited_and_deleted(rag, dataset, documents):
    document = documents["txt"]
    before = document.chunk_count

    chunk = document.add_chunk("The zebrafish laboratory opens at dawn.", important_keywords=["zebrafish"])
    found = rag.retrieve(question="When does the zebrafish laboratory open?", dataset_ids=[dataset.id])
    assert found[0].id == chunk.id

    chunk.update({"content": "The zebrafish laboratory opens at noon."})
    found = rag.retrieve(question="When does the zebrafish laboratory open?", dataset_ids=[dataset.id])
    assert "noon" in found[0].content

    document.delete_chunks([chunk.id])
    assert not any(c.id == chunk.id for c in rag.retrieve(question="zebrafish laboratory", dataset_ids=[dataset.id]))
    assert dataset.list_documents(id=document.id)[0].chunk_count == before


def test_a_question_finds_the_right_document_first(rag, dataset, documents):
    import json

    questions = json.loads((SAMPLES.parent / "questions.json").read_text())

    for question in questions:
        hits = rag.retrieve(question=question["question"], dataset_ids=[dataset.id], page_size=5)
        names = {document.id: document.name for document in documents.values()}
        if question["document"] in names.values():
            assert names[hits[0].document_id] == question["document"], question["question"]


def test_a_running_parse_is_stopped_and_stays_stopped(rag):
    dataset = rag.create_dataset(name="Long")
    text = "\n\n".join(f"Paragraph {number} of a long story about otters and rivers. " * 12 for number in range(4000))
    document = dataset.upload_documents([{"display_name": "long.txt", "blob": text.encode()}])[0]
    dataset.async_parse_documents([document.id])

    shown = lambda: dataset.list_documents(id=document.id)[0]  # noqa: E731
    wait_until(lambda: shown().progress > 0.25, 90, "embedding")

    dataset.async_cancel_parse_documents([document.id])

    assert (shown().run, shown().progress) == ("CANCEL", 0.0)
    following = dataset.upload_documents([{"display_name": "next.txt", "blob": b"After the long one."}])[0]
    assert dataset.parse_documents([following.id])[0][1] == "DONE"  # by then a worker has let go of the stopped one
    assert (shown().run, shown().progress, shown().chunk_count) == ("CANCEL", 0.0, 0)


def test_deleted_documents_and_datasets_are_gone(rag, dataset, documents):
    document = documents["md"]

    dataset.delete_documents([document.id])
    assert document.id not in {shown.id for shown in dataset.list_documents(page_size=50)}
    assert not any(hit.document_id == document.id for hit in rag.retrieve(question="dataset", dataset_ids=[dataset.id]))

    rag.delete_datasets([dataset.id])
    assert dataset.id not in {shown.id for shown in rag.list_datasets(page_size=100)}
