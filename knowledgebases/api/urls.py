"""REST routes of datasets."""

from django.urls import path

from knowledgebases.api.datasets import DatasetViewSet
from knowledgebases.api.graph import GraphViewSet

urlpatterns = [
    path("datasets", DatasetViewSet.as_view({"get": "list", "post": "create", "delete": "destroy"})),
    path("datasets/<str:dataset_id>", DatasetViewSet.as_view({"put": "update"})),
    path(
        "datasets/<str:dataset_id>/knowledge_graph",
        GraphViewSet.as_view({"get": "retrieve", "delete": "destroy"}),
    ),
]
