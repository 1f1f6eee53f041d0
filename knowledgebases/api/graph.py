"""/api/v1/datasets/{dataset_id}/knowledge_graph (contract B.1)."""

from knowledgebases.rest.graph import GraphRoutes


class GraphViewSet(GraphRoutes):
    """The graph of a dataset; who owns the tenant may delete it."""

    scopes = {"destroy": "owned_by"}
    lookup_url_kwarg = "dataset_id"
