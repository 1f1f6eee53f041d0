"""What the tests of the document routes share."""

import pytest

from knowledgebases import parser_config
from tests.factories import DocumentFactory


@pytest.fixture
def url(kb):
    return f"/api/v1/datasets/{kb.pk}/documents"


@pytest.fixture
def fetch(api, url):
    """GET the list; returns the answer's data."""

    def fetch(**query):
        return api.get(url, query).json()["data"]

    return fetch


@pytest.fixture
def document(kb):
    return DocumentFactory(kb=kb, name="report.txt", parser_config=parser_config.default("naive"))


@pytest.fixture
def three(kb):
    return [DocumentFactory(kb=kb, name=f"{number}.txt") for number in range(3)]
