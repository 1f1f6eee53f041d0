"""The knowledge graph of a dataset (contract B.1, C.4).

This site builds none, so there is none to show, and none is left after deleting it.
"""

from http import HTTPStatus

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from knowledgebases.models import Knowledgebase
from system.errors import RagError
from system.rest.envelope import Answer
from system.rest.refusing import no_authorization
from system.rest.viewsets import ScopedViewSet


class GraphSerializer(serializers.Serializer[None]):
    """Entities with their relations, and the mind map drawn of them; `{}` where nothing was built."""

    graph = serializers.DictField()
    mind_map = serializers.DictField()


class GraphRoutes(ScopedViewSet):
    """Show and delete the graph of a dataset in reach."""

    queryset = Knowledgebase.objects.all()
    serializer_class = GraphSerializer
    fails_with = {"retrieve": [HTTPStatus.FORBIDDEN], "destroy": [HTTPStatus.FORBIDDEN]}

    @extend_schema(responses=GraphSerializer)
    def retrieve(self, request: Request, **path: str) -> Answer:
        """The graph: nothing has been built."""
        self.get_object()
        return Answer({"graph": {}, "mind_map": {}})

    @extend_schema(request=None, responses=OpenApiTypes.BOOL)
    def destroy(self, request: Request, **path: str) -> Answer:
        """Delete the graph; that there is none is no harm."""
        self.get_object()
        return Answer(True)

    def missing(self, key: str) -> RagError:
        """One refusal for foreign and unknown datasets."""
        return no_authorization()
