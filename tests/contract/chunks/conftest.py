"""What the tests of the chunk routes share."""

import pytest

LINE = "This is the content of a test TXT file."


@pytest.fixture
def document(upload):
    return upload("ragflow_test_upload_0.txt", LINE)


@pytest.fixture
def url(document):
    return f"/api/v1/datasets/{document.kb_id}/documents/{document.pk}/chunks"


@pytest.fixture
def add(api, url):
    """Add a chunk; returns it as answered."""

    def add(content, **body):
        return api.post(url, {"content": content, **body}, format="json").json()["data"]["chunk"]

    return add


@pytest.fixture
def fetch(api, url):
    """GET the list; returns the answer's data."""

    def fetch(**query):
        return api.get(url, query).json()["data"]

    return fetch


@pytest.fixture
def five(document, publish, add_four):
    """A parsed chunk and four added ones; returns the ids of the added."""
    publish(document, LINE)
    return add_four(document)
