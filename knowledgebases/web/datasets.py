"""Making, changing and deleting datasets (contract C.4)."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from knowledgebases import datasets, parser_config
from knowledgebases.models import Knowledgebase
from knowledgebases.web.dataset_input import (
    DatasetRef,
    RawChanges,
    RawInput,
    RawUpdate,
    accepted,
    config_of,
    refuse_fixed,
)
from knowledgebases.web.dataset_output import CreatedDataset, RawDataset
from system.errors import Conflict, RagError
from system.rest.bodies import require, web_object
from system.rest.envelope import Answer
from system.rest.refusing import no_authorization
from system.rest.viewsets import WebViewSet


class DatasetViewSet(WebViewSet):
    """Each deed twice: under a name of its own with the id in the body, and as a method on the dataset's address."""

    queryset = Knowledgebase.objects.all()
    scopes = dict.fromkeys(["update", "update_at", "configure"], "editable_by")
    lookup_url_kwarg = "kb_id"

    @extend_schema(request=RawInput, responses=CreatedDataset)
    def create(self, request: Request) -> Answer:
        """Create a dataset; a name that is taken gets a number."""
        body = web_object(request)
        require(body, "name")
        given = accepted(RawInput, body)
        kb = datasets.create(self.tenant, created_by=self.user, given=given, any_model=True)
        return Answer({"kb_id": kb.pk})

    @extend_schema(request=RawUpdate, responses=RawDataset)
    def update(self, request: Request) -> Answer:
        """Change a dataset: name, description and method are required, the rest stays unless sent."""
        body = web_object(request)
        require(body, "kb_id", "name", "description", "parser_id")
        return self._updated(str(body["kb_id"]), body)

    @extend_schema(request=RawChanges, responses=RawDataset)
    def update_at(self, request: Request, kb_id: str) -> Answer:
        """Change what is sent of a dataset; the rest stays."""
        return self._updated(kb_id, web_object(request))

    @extend_schema(request=OpenApiTypes.OBJECT, responses=OpenApiTypes.OBJECT)
    def configure(self, request: Request, kb_id: str) -> Answer:
        """Merge an object into the dataset's `parser_config`, all the way down; answers the new config.

        Objects merge key by key, lists become the union of both, everything else is replaced.
        """
        given = {"parser_config": config_of(web_object(request))}
        kb = datasets.update(self.get_object(), given, configure=parser_config.united)
        return Answer(kb.parser_config)

    @extend_schema(request=DatasetRef, responses=OpenApiTypes.BOOL)
    def remove(self, request: Request) -> Answer:
        """Delete a dataset with all that is in it."""
        body = web_object(request)
        require(body, "kb_id")
        return self._removed(str(body["kb_id"]))

    @extend_schema(request=None, responses=OpenApiTypes.BOOL)
    def remove_at(self, request: Request, kb_id: str) -> Answer:
        """Delete a dataset with all that is in it."""
        return self._removed(kb_id)

    def missing(self, key: str) -> RagError:
        """One refusal for foreign and unknown datasets."""
        return no_authorization()

    def _updated(self, key: str, body: Mapping[str, Any]) -> Answer:
        refuse_fixed(body)
        given = accepted(RawChanges, body)
        kb = self.reached(key)
        try:
            kb = datasets.update(kb, given, configure=parser_config.replaced, any_model=True)
        except datasets.NameTaken:
            raise Conflict("Duplicated knowledgebase name.") from None
        return Answer(RawDataset(kb).data)

    def _removed(self, key: str) -> Answer:
        if not datasets.bury(Knowledgebase.objects.deletable_by(self.user).filter(pk=key)):
            raise self.missing(key)
        return Answer(True)
