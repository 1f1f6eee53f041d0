"""The scopes of the document routes of the web API: documents, and the datasets they are in."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from documents.models import Document
from documents.uploads import NameTaken
from knowledgebases.models import Knowledgebase
from system.errors import ArgumentError, Conflict, RagError
from system.rest.refusing import no_authorization, only_owner
from system.rest.viewsets import WebViewSet


class InDatasets(WebViewSet):
    """Routes that name a dataset."""

    queryset = Knowledgebase.objects.select_related("tenant", "space")

    def missing(self, key: str) -> RagError:
        """OWNER103, for foreign and unknown datasets alike."""
        return only_owner()

    def dataset(self, key: str) -> Knowledgebase:
        """The dataset with that id."""
        kb: Knowledgebase = self.reached(key)
        return kb


def named_dataset(given: Any) -> str:
    """The id of a dataset as it was sent. Raises ArgumentError where it is empty."""
    if not given:
        raise ArgumentError('Lack of "KB ID"', data=False)
    return str(given)


class InDocuments(WebViewSet):
    """Routes that name documents."""

    queryset = Document.objects.all()

    def missing(self, key: str) -> RagError:
        """NOAUTH, for foreign and unknown documents alike."""
        return no_authorization()

    def document(self, key: str) -> Document:
        """The document with that id."""
        document: Document = self.reached(key)
        return document


@contextmanager
def in_words_of_the_web() -> Iterator[None]:
    """Tells of a taken name as this API does."""
    try:
        yield
    except NameTaken:
        raise Conflict("Duplicated document name in the same knowledgebase.") from None
