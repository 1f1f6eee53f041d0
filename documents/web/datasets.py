"""What the documents of datasets tell of them (contract C.4)."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from documents import metadata
from knowledgebases.models import Knowledgebase
from system.errors import RagError
from system.rest.envelope import Answer
from system.rest.refusing import no_authorization, parted
from system.rest.viewsets import WebViewSet


class Tally(serializers.Serializer[None]):
    """How many documents have come how far; `downloaded` came from elsewhere than an upload."""

    processing = serializers.IntegerField()
    finished = serializers.IntegerField()
    failed = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    downloaded = serializers.IntegerField()


class DatasetFacts(WebViewSet):
    """Count documents, and gather their metadata."""

    queryset = Knowledgebase.objects.all()

    @extend_schema(
        parameters=[OpenApiParameter("kb_id", str, description="The dataset.", required=True)], responses=Tally
    )
    def tally(self, request: Request) -> Answer:
        """How many documents of a dataset have come how far."""
        kb: Knowledgebase = self.reached(request.query_params.get("kb_id", ""))
        return Answer(kb.documents.tally())

    @extend_schema(
        parameters=[OpenApiParameter("kb_ids", str, description="Ids of datasets, parted by commas.", required=True)],
        responses=OpenApiTypes.OBJECT,
    )
    def metadata(self, request: Request) -> Answer:
        """Every field in the metadata of documents, with its values, and with the documents that have each."""
        kbs = self.all_reached(parted(request.query_params.get("kb_ids", "")))
        return Answer(metadata.gathered(kbs))

    def missing(self, key: str) -> RagError:
        """One refusal for foreign and unknown datasets."""
        return no_authorization()
