"""/v1/kb/{kb_id}/knowledge_graph (contract C.4)."""

from knowledgebases.rest.graph import GraphRoutes
from system.rest.viewsets import WebViewSet


class GraphViewSet(GraphRoutes, WebViewSet):
    """The graph of a dataset; who may change the dataset may delete it."""

    scopes = {"destroy": "editable_by"}
    lookup_url_kwarg = "kb_id"
