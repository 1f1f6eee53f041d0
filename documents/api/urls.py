"""REST routes of documents, their chunks, and retrieval."""

from django.urls import path

from documents.api.chunks import ChunkViewSet
from documents.api.dify import DifyViewSet
from documents.api.documents import DocumentViewSet
from documents.api.parsing import ParsingViewSet
from documents.api.retrieval import RetrievalViewSet

_DATASET = "datasets/<str:dataset_id>"
_DOCUMENT = f"{_DATASET}/documents/<str:document_id>"

urlpatterns = [
    path(f"{_DATASET}/documents", DocumentViewSet.as_view({"post": "create", "get": "list", "delete": "destroy"})),
    path(_DOCUMENT, DocumentViewSet.as_view({"get": "download", "put": "update"})),
    path(f"{_DATASET}/chunks", ParsingViewSet.as_view({"post": "start", "delete": "stop"})),
    path(f"{_DOCUMENT}/chunks", ChunkViewSet.as_view({"post": "create", "get": "list", "delete": "destroy"})),
    path(f"{_DOCUMENT}/chunks/<str:chunk_id>", ChunkViewSet.as_view({"put": "update"})),
    path("retrieval", RetrievalViewSet.as_view({"post": "retrieval"})),
    path("dify/retrieval", DifyViewSet.as_view({"post": "retrieval"})),
]
