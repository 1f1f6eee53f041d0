"""What the tests of the retrieval route share."""

import pytest

RETRIEVAL = "/api/v1/retrieval"


@pytest.fixture
def ask(api):
    def ask(client=None, **body):
        return (client or api).post(RETRIEVAL, body, format="json")

    return ask


@pytest.fixture
def hits(ask, kb):
    """Texts of the hits for a question, in their order."""

    def hits(question="chunk", **body):
        data = ask(**{"dataset_ids": [kb.pk], "question": question, **body}).json()["data"]
        return [hit["content"] for hit in data["chunks"]]

    return hits


@pytest.fixture
def five(upload, publish, add_four):
    """A parsed chunk and four added ones, as the contract has them."""
    document = publish(upload("ragflow_test_upload_0.txt"), "This is the content of a test TXT file.")
    add_four(document)
    return document
