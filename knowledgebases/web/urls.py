"""Routes of the web API that belong to knowledgebases."""

from django.urls import path

from knowledgebases.web.datasets import DatasetViewSet
from knowledgebases.web.graph import GraphViewSet
from knowledgebases.web.listing import DatasetListing
from knowledgebases.web.llm import ModelViewSet
from knowledgebases.web.tags import TagViewSet

_DATASET = "kb/<str:kb_id>"

urlpatterns = [
    path("kb/create", DatasetViewSet.as_view({"post": "create"})),
    path("kb/update", DatasetViewSet.as_view({"post": "update"})),
    path("kb/rm", DatasetViewSet.as_view({"post": "remove"})),
    path("kb/list", DatasetListing.as_view({"get": "list", "post": "search"})),
    path("kb/detail", DatasetListing.as_view({"get": "retrieve"})),
    path("kb/tags", TagViewSet.as_view({"get": "list"})),
    path(_DATASET, DatasetViewSet.as_view({"put": "update_at", "delete": "remove_at"})),
    path(f"{_DATASET}/config", DatasetViewSet.as_view({"put": "configure"})),
    path(f"{_DATASET}/tags", TagViewSet.as_view({"get": "retrieve"})),
    path(f"{_DATASET}/rm_tags", TagViewSet.as_view({"post": "remove"})),
    path(f"{_DATASET}/rename_tag", TagViewSet.as_view({"post": "rename"})),
    path(f"{_DATASET}/knowledge_graph", GraphViewSet.as_view({"get": "retrieve", "delete": "destroy"})),
    path("llm/my_llms", ModelViewSet.as_view({"get": "mine"})),
    path("llm/set_api_key", ModelViewSet.as_view({"post": "set_key"})),
]
