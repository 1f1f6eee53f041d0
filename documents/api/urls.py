"""REST routes of documents, their chunks, and retrieval."""

from django.urls import path

from documents.api.chunks import ChunkViewSet
from documents.api.dify import DifyViewSet
from documents.api.documents import DocumentViewSet
from documents.api.ingestion import IngestionViewSet
from documents.api.parsing import ParsingViewSet
from documents.api.progress import (
    DatasetEventsViewSet,
    DatasetProgressViewSet,
    DocumentEventsViewSet,
    DocumentProgressViewSet,
)
from documents.api.retrieval import RetrievalViewSet

_DATASET = "datasets/<str:dataset_id>"
_DOCUMENT = f"{_DATASET}/documents/<str:document_id>"

urlpatterns = [
    path(f"{_DATASET}/documents", DocumentViewSet.as_view({"post": "create", "get": "list", "delete": "destroy"})),
    path(_DOCUMENT, DocumentViewSet.as_view({"get": "download", "put": "update"})),
    path(f"{_DATASET}/chunks", ParsingViewSet.as_view({"post": "start", "delete": "stop"})),
    path(f"{_DATASET}/pause", IngestionViewSet.as_view({"post": "pause"})),
    path(f"{_DATASET}/resume", IngestionViewSet.as_view({"post": "resume"})),
    path(f"{_DATASET}/retry", IngestionViewSet.as_view({"post": "retry"})),
    path(f"{_DOCUMENT}/chunks", ChunkViewSet.as_view({"post": "create", "get": "list", "delete": "destroy"})),
    path(f"{_DOCUMENT}/chunks/<str:chunk_id>", ChunkViewSet.as_view({"put": "update"})),
    path(f"{_DATASET}/progress", DatasetProgressViewSet.as_view({"get": "progress"})),
    path(f"{_DATASET}/events", DatasetEventsViewSet.as_view({"get": "events"})),
    path(f"{_DOCUMENT}/progress", DocumentProgressViewSet.as_view({"get": "progress"})),
    path(f"{_DOCUMENT}/events", DocumentEventsViewSet.as_view({"get": "events"})),
    path("retrieval", RetrievalViewSet.as_view({"post": "retrieval"})),
    path("dify/retrieval", DifyViewSet.as_view({"post": "retrieval"})),
]
