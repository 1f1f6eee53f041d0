"""The scope of every route below a dataset: the dataset first, then its documents."""

from collections.abc import Mapping
from typing import ClassVar

from documents.models import Document
from documents.models.document import DocumentQuerySet
from knowledgebases.models import Knowledgebase
from system.errors import NotFound, RagError
from system.rest.viewsets import ScopedViewSet


class InDataset(ScopedViewSet):
    """Routes below `/datasets/{dataset_id}`; `refusals` words by action the error for a dataset out of reach."""

    queryset = Knowledgebase.objects.select_related("tenant", "space")
    lookup_url_kwarg = "dataset_id"
    refusals: ClassVar[Mapping[str, str]] = {}

    def missing(self, key: str) -> RagError:
        """Worded for foreign and unknown datasets alike."""
        return NotFound(self.refusals.get(self.action or "", "You don't own the dataset %s.").replace("%s", key))

    def dataset(self) -> Knowledgebase:
        """The dataset that the path names."""
        kb: Knowledgebase = self.get_object()
        return kb

    def documents(self, kb: Knowledgebase) -> DocumentQuerySet:
        """The living documents of a dataset that was reached."""
        return Document.objects.filter(kb=kb, deleted_at=None)

    def document(
        self, kb: Knowledgebase, document_id: str, refusal: str = "You don't own the document %s."
    ) -> Document:
        """A living document of a dataset that was reached."""
        document = self.documents(kb).filter(pk=document_id).first()
        if document is None:
            raise NotFound(refusal.replace("%s", document_id))
        document.kb = kb
        return document
