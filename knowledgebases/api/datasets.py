"""/api/v1/datasets (contract B.1)."""

from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from knowledgebases import datasets
from knowledgebases.api.dataset_input import (
    DatasetChanges,
    DatasetChangesAt,
    DatasetIds,
    DatasetInput,
    DatasetQuery,
)
from knowledgebases.api.dataset_output import DatasetSerializer
from knowledgebases.models import Knowledgebase
from system.errors import ArgumentError, Forbidden, RagError
from system.models import Scope
from system.rest.bodies import strict_object
from system.rest.envelope import Answer
from system.rest.pagination import Page
from system.rest.validation import validated
from system.rest.viewsets import ScopedViewSet

_ORDER = {"create_time": "created_at", "update_time": "updated_at"}


class DatasetViewSet(ScopedViewSet):
    """Create, list, change and delete datasets."""

    queryset = Knowledgebase.objects.all()
    serializer_class = DatasetSerializer
    scopes = {"update": "owned_by"}
    lookup_url_kwarg = "dataset_id"
    fails_with = {
        "list": [HTTPStatus.FORBIDDEN],
        "create": [HTTPStatus.CONFLICT, HTTPStatus.UNSUPPORTED_MEDIA_TYPE],
        "update": [HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNSUPPORTED_MEDIA_TYPE],
        "destroy": [HTTPStatus.UNSUPPORTED_MEDIA_TYPE],
    }
    beside = {"list": {"total_datasets": {"type": "integer", "description": "Before paging."}}}

    @property
    def scope(self) -> Scope | None:
        """Deleting takes a token that may do everything; the rest goes by method."""
        return Scope.ADMIN if self.action == "destroy" else None

    @extend_schema(request=DatasetInput)
    def create(self, request: Request) -> Answer:
        """Create a dataset; a name that is taken gets a number."""
        given = validated(DatasetInput, strict_object(request))
        kb = datasets.create(self.tenant, created_by=self.user, given=given)
        return Answer(DatasetSerializer(kb).data)

    @extend_schema(parameters=[DatasetQuery])
    def list(self, request: Request) -> Answer:
        """List the datasets in reach, the newest first; `total_datasets` counts them before paging."""
        query = validated(DatasetQuery, request.query_params.dict())
        rows = self._chosen(query)
        page = Page(query["page"], query["page_size"], _ORDER[query["orderby"]], query["desc"])
        data = DatasetSerializer(page.of_rows(rows), many=True).data
        return Answer(data, beside={"total_datasets": rows.count()})

    @extend_schema(request=DatasetChanges)
    def update(self, request: Request, dataset_id: str) -> Answer:
        """Change what is sent, nested keys too; the rest stays."""
        sent = {**strict_object(request), "dataset_id": dataset_id}
        given = validated(DatasetChangesAt, sent, partial=True)
        self.kwargs["dataset_id"] = given.pop("dataset_id")
        if not given:
            raise ArgumentError("No properties were modified")
        kb = datasets.update(self.get_object(), given)
        return Answer(DatasetSerializer(kb).data)

    @extend_schema(request=DatasetIds, responses=None)
    def destroy(self, request: Request) -> Answer:
        """Delete datasets with all that is in them; `ids` null deletes every one of the tenant."""
        datasets.delete(self.user, validated(DatasetIds, strict_object(request))["ids"])
        return Answer()

    def missing(self, key: str) -> RagError:
        """Worded for foreign and unknown datasets alike."""
        return Forbidden(f"User '{self.tenant.pk}' lacks permission for dataset '{key}'")

    def _chosen(self, query: dict[str, Any]) -> QuerySet[Any]:
        """The rows in reach that `id` and `name` pick; each has to pick one, on its own, id first."""
        rows = chosen = Knowledgebase.objects.visible_to(self.user)
        if key := query.get("id"):
            chosen = chosen & self._some(rows.filter(pk=key), key)
        if name := query.get("name"):
            chosen = chosen & self._some(rows.named(name), name)
        return chosen

    def _some(self, rows: QuerySet[Any], key: str) -> QuerySet[Any]:
        if not rows.exists():
            raise self.missing(key)
        return rows
