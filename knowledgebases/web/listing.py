"""Looking at datasets (contract C.4)."""

from collections.abc import Sequence

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from knowledgebases.models import Knowledgebase
from knowledgebases.web.dataset_input import OwnersInput, accepted
from knowledgebases.web.dataset_output import RawDatasets, RawDetail, RawListed
from system.errors import RagError
from system.rest.bodies import web_object
from system.rest.envelope import Answer
from system.rest.failures import no_query_key
from system.rest.pagination import Page
from system.rest.refusing import only_owner
from system.rest.viewsets import WebViewSet

# The names that `orderby` may take.
ORDER = {
    **dict.fromkeys(["create_time", "create_date"], "created_at"),
    **dict.fromkeys(["update_time", "update_date"], "updated_at"),
    **{name: name for name in ("id", "name", "language", "permission", "parser_id", "embd_id", "tenant_id")},
    **{name: name for name in ("created_by", "doc_num", "token_num", "chunk_num", "pagerank")},
    **{name: name for name in ("similarity_threshold", "vector_similarity_weight")},
}
_QUERY = [
    OpenApiParameter("keywords", str, description="Part of the name, whatever its case."),
    OpenApiParameter("parser_id", str, description="Only datasets of this method."),
    OpenApiParameter("page", int, description="From 1; without `page_size` everything is listed."),
    OpenApiParameter("page_size", int, description="Without `page` everything is listed."),
    OpenApiParameter("orderby", str, enum=sorted(ORDER), description="`create_time` unless given."),
    OpenApiParameter("desc", bool, description="True unless `false`."),
]


class DatasetListing(WebViewSet):
    """List datasets, and show one in detail."""

    queryset = Knowledgebase.objects.all()

    @extend_schema(parameters=_QUERY, responses=RawDatasets)
    def list(self, request: Request) -> Answer:
        """List the datasets in reach, the newest first."""
        return self._listed(request, ())

    @extend_schema(parameters=_QUERY, request=OwnersInput, responses=RawDatasets)
    def search(self, request: Request) -> Answer:
        """The same, if need be of some tenants only."""
        return self._listed(request, accepted(OwnersInput, web_object(request))["owner_ids"])

    @extend_schema(
        parameters=[OpenApiParameter("kb_id", str, description="The dataset.", required=True)], responses=RawDetail
    )
    def retrieve(self, request: Request) -> Answer:
        """A dataset in detail."""
        if "kb_id" not in request.query_params:
            raise no_query_key()
        return Answer(RawDetail(self.reached(request.query_params["kb_id"])).data)

    def missing(self, key: str) -> RagError:
        """One refusal for foreign and unknown datasets."""
        return only_owner()

    def _listed(self, request: Request, owners: Sequence[str]) -> Answer:
        query = request.query_params.dict()
        rows = self.get_queryset()
        given = {
            "name__icontains": query.get("keywords"),
            "parser_id": query.get("parser_id"),
            "tenant__in": owners,
        }
        rows = rows.filter(**{lookup: value for lookup, value in given.items() if value})
        page = Page.of_web(query, ORDER).of_rows(rows.select_related("tenant__owner").defer("parser_config"))
        return Answer({"kbs": RawListed(page, many=True).data, "total": rows.count()})
