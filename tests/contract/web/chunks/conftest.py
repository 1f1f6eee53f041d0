"""What the tests of the chunk routes of the web API share."""

import pytest

LINE = "This is the content of a test TXT file."


@pytest.fixture
def document(upload):
    return upload("ragflow_test_upload_0.txt", LINE)


@pytest.fixture
def call(web):
    """POST to a route of chunks, as the owner unless another client is given."""

    def call(route, client=None, **body):
        return (client or web).post(f"/v1/chunk/{route}", body, format="json")

    return call


@pytest.fixture
def create(call, document):
    """Add a chunk; returns its id."""

    def create(content, **body):
        answer = call("create", doc_id=document.pk, content_with_weight=content, **body)
        return answer.json()["data"]["chunk_id"]

    return create


@pytest.fixture
def fetch(call, document):
    """List; returns the answer's data."""

    def fetch(**body):
        return call("list", doc_id=document.pk, **body).json()["data"]

    return fetch


@pytest.fixture
def stored(web):
    """One chunk as `get` answers it."""

    def stored(key):
        return web.get("/v1/chunk/get", {"chunk_id": key}).json()["data"]

    return stored


@pytest.fixture
def five(document, publish, add_four):
    """A parsed chunk and four added ones; returns the ids of the added."""
    publish(document, LINE)
    return add_four(document, titled=True)
