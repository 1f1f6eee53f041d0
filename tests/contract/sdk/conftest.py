"""The unmodified ragflow-sdk, speaking to this process."""

import pytest
from ragflow_sdk import RAGFlow

from documents import jobs
from tests.factories import APITokenFactory

LINE = "This is the content of a test TXT file."


@pytest.fixture
def rag(live_server, owner):
    return RAGFlow(api_key=APITokenFactory(tenant=owner.tenant).value, base_url=live_server.url)


@pytest.fixture
def dataset(rag):
    return rag.create_dataset(name="Handbook")


@pytest.fixture
def document(dataset):
    return dataset.upload_documents([{"display_name": "ragflow_test_upload_0.txt", "blob": LINE.encode()}])[0]


@pytest.fixture
def parsed(dataset, document):
    """The document, parsed to its end."""
    dataset.async_parse_documents([document.id])
    jobs.wake()
    return dataset.list_documents(id=document.id)[0]
