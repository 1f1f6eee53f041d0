"""REST routes of documents, their chunks, and retrieval."""

from django.urls import path

from documents.api.chunks import ChunkViewSet
from documents.api.dify import DifyViewSet
from documents.api.documents import DocumentViewSet
from documents.api.evaluations import EvaluationsViewSet, EvaluationViewSet
from documents.api.ingestion import IngestionViewSet
from documents.api.parsing import ParsingViewSet
from documents.api.progress import (
    DatasetEventsViewSet,
    DatasetProgressViewSet,
    DocumentEventsViewSet,
    DocumentProgressViewSet,
)
from documents.api.reindexing import ReindexViewSet
from documents.api.retrieval import RetrievalViewSet
from documents.api.test_sets import QuestionsViewSet, TestSetsViewSet, TestSetViewSet

_DATASET = "datasets/<str:dataset_id>"
_DOCUMENT = f"{_DATASET}/documents/<str:document_id>"
_TEST_SET = f"{_DATASET}/test_sets/<str:test_set_id>"

urlpatterns = [
    path(f"{_DATASET}/documents", DocumentViewSet.as_view({"post": "create", "get": "list", "delete": "destroy"})),
    path(_DOCUMENT, DocumentViewSet.as_view({"get": "download", "put": "update"})),
    path(f"{_DATASET}/chunks", ParsingViewSet.as_view({"post": "start", "delete": "stop"})),
    path(f"{_DATASET}/pause", IngestionViewSet.as_view({"post": "pause"})),
    path(f"{_DATASET}/resume", IngestionViewSet.as_view({"post": "resume"})),
    path(f"{_DATASET}/retry", IngestionViewSet.as_view({"post": "retry"})),
    path(f"{_DATASET}/reindex", ReindexViewSet.as_view({"post": "start", "get": "show"})),
    path(f"{_DATASET}/reindex/<str:deed>", ReindexViewSet.as_view({"post": "change"})),
    path(f"{_DOCUMENT}/chunks", ChunkViewSet.as_view({"post": "create", "get": "list", "delete": "destroy"})),
    path(f"{_DOCUMENT}/chunks/<str:chunk_id>", ChunkViewSet.as_view({"put": "update"})),
    path(f"{_DATASET}/progress", DatasetProgressViewSet.as_view({"get": "progress"})),
    path(f"{_DATASET}/events", DatasetEventsViewSet.as_view({"get": "events"})),
    path(f"{_DOCUMENT}/progress", DocumentProgressViewSet.as_view({"get": "progress"})),
    path(f"{_DOCUMENT}/events", DocumentEventsViewSet.as_view({"get": "events"})),
    path(f"{_DATASET}/test_sets", TestSetsViewSet.as_view({"post": "create", "get": "list"})),
    path(_TEST_SET, TestSetViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"})),
    path(f"{_TEST_SET}/import", TestSetViewSet.as_view({"post": "take"})),
    path(f"{_TEST_SET}/export", TestSetViewSet.as_view({"get": "give"})),
    path(f"{_TEST_SET}/questions", QuestionsViewSet.as_view({"post": "create", "get": "list", "delete": "destroy"})),
    path(f"{_TEST_SET}/evaluations", EvaluationsViewSet.as_view({"post": "create", "get": "list"})),
    path(
        f"{_TEST_SET}/evaluations/<str:evaluation_id>",
        EvaluationViewSet.as_view({"get": "retrieve", "delete": "destroy"}),
    ),
    path("retrieval", RetrievalViewSet.as_view({"post": "retrieval"})),
    path("dify/retrieval", DifyViewSet.as_view({"post": "retrieval"})),
]
