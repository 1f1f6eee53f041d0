"""/v1/chunk: the chunks of a document (contract C.6)."""

from http import HTTPStatus
from typing import cast

from drf_spectacular.helpers import forced_singular_serializer
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from documents import editing
from documents.editing import Change
from documents.models import Document
from documents.models.document import DocumentQuerySet
from documents.rest.chunk_input import of_method
from documents.web.chunk_input import (
    ChunkEditInput,
    ChunkRemovalInput,
    ChunksInput,
    NewChunkInput,
    SwitchInput,
    refuse_empty,
)
from documents.web.chunk_output import CreatedChunk, RawChunk, RawChunkPage, RawListedChunk
from documents.web.rows import RawDocument
from knowledgebases.models import Chunk
from system.errors import NotFound, RagError
from system.rest.envelope import Answer
from system.rest.failures import Unhandled, no_query_key
from system.rest.viewsets import WebViewSet


class WebChunkViewSet(WebViewSet):
    """List, read, add, change, switch and delete the chunks of documents in reach."""

    queryset = Document.objects.select_related("kb__space")

    @extend_schema(request={"application/json": ChunksInput}, responses=forced_singular_serializer(RawChunkPage))  # type: ignore[no-untyped-call]
    def list(self, request: Request) -> Answer:
        """List chunks of a document in reading order, those that are switched off too."""
        wanted = self.checked(ChunksInput, "doc_id")
        document = self.reached(wanted["doc_id"])
        total, listed = ChunksInput.query(wanted).listed(document)
        chunks = RawListedChunk([*listed], many=True).data
        return Answer({"total": total, "chunks": chunks, "doc": RawDocument(document).data})

    @extend_schema(parameters=[OpenApiParameter("chunk_id", str, required=True)], responses=RawChunk)
    def retrieve(self, request: Request) -> Answer:
        """One chunk as it is stored."""
        if "chunk_id" not in request.query_params:
            raise no_query_key()
        chunks = Chunk.objects.select_related("document").filter(document__in=self.get_queryset())
        chunk = chunks.filter(pk=request.query_params["chunk_id"]).first()
        if chunk is None:
            raise Unhandled("Exception('Chunk not found')", status=HTTPStatus.NOT_FOUND)
        return Answer(RawChunk(chunk).data)

    @extend_schema(request={"application/json": NewChunkInput}, responses=CreatedChunk)
    def create(self, request: Request) -> Answer:
        """Add a chunk, searchable at once; the same content again is the same chunk."""
        given = self.checked(NewChunkInput, "doc_id", "content_with_weight")
        document = self.reached(given.pop("doc_id"))
        refuse_empty(given["content"], given["questions"])
        return Answer({"chunk_id": editing.add(document, titled=True, **given).pk})

    @extend_schema(request={"application/json": ChunkEditInput}, responses=OpenApiTypes.BOOL)
    def update(self, request: Request) -> Answer:
        """Change what is sent; a changed text is embedded anew."""
        given = self.checked(ChunkEditInput, "doc_id", "chunk_id", "content_with_weight")
        document, key = self.reached(given.pop("doc_id")), given.pop("chunk_id")
        chunk = Chunk.objects.filter(pk=key, document=document).first()
        if chunk is None:
            raise NotFound(f"Can't find this chunk {key}")
        refuse_empty(given["content"], given.get("questions"))
        editing.change(document, chunk, of_method(Change(**given), document))
        return Answer(True)

    @extend_schema(request={"application/json": SwitchInput}, responses=OpenApiTypes.BOOL)
    def switch(self, request: Request) -> Answer:
        """Let searches find chunks, or not; unknown ones among known ones are passed over."""
        given = self.checked(SwitchInput, "chunk_ids", "available_int", "doc_id")
        if not editing.switch(self.reached(given["doc_id"]), given["chunk_ids"], available=given["available"]):
            raise NotFound("Index updating failure")
        return Answer(True)

    @extend_schema(request={"application/json": ChunkRemovalInput}, responses=OpenApiTypes.BOOL)
    def destroy(self, request: Request) -> Answer:
        """Delete chunks, all of the document for an empty list; unknown ones among known ones are passed over."""
        given = self.checked(ChunkRemovalInput, "chunk_ids", "doc_id")
        keys = given["chunk_ids"]
        if not editing.delete(self.reached(given["doc_id"]), keys or None) and keys:
            raise NotFound("Index updating failure")
        return Answer(True)

    def get_queryset(self) -> DocumentQuerySet:
        """The documents in reach; a list shows how far one has come."""
        rows = cast(DocumentQuerySet, super().get_queryset())
        return rows.with_progress() if self.action == "list" else rows

    def missing(self, key: str) -> RagError:
        """Worded for foreign and unknown documents alike."""
        return NotFound("Tenant not found!" if self.action in {"list", "update"} else "Document not found!")
