"""/api/v1/datasets/{dataset_id}/documents/{document_id}/chunks (contract B.3)."""

from drf_spectacular.helpers import forced_singular_serializer
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from documents import editing
from documents.api.chunk_input import QUERY, ChunkChangesInput, ChunkIdsInput, ChunkInput, asked
from documents.api.chunk_output import Added, AddedChunk, ChunkPage, ListedChunk
from documents.api.dataset_scope import InDataset
from documents.api.document_output import DocumentSerializer, Partly
from documents.models import Document
from documents.rest.chunk_input import of_method
from knowledgebases.models import Chunk
from knowledgebases.retrieval.listing import Listed
from system.errors import Code, NotFound
from system.rest.bodies import lenient_object
from system.rest.envelope import Answer
from system.rest.refusing import lookup_error, repeated


class ChunkViewSet(InDataset):
    """Add, list, change and delete the chunks of a document."""

    @extend_schema(request={"application/json": ChunkInput}, responses=Added)
    def create(self, request: Request, dataset_id: str, document_id: str) -> Answer:
        """Add a chunk, searchable at once; the same content again is the same chunk."""
        document = self.document(self.dataset(), document_id)
        given = ChunkInput(data=lenient_object(request))
        given.is_valid(raise_exception=True)
        chunk = editing.add(document, **given.validated_data)
        return Answer({"chunk": AddedChunk(chunk).data})

    @extend_schema(parameters=QUERY, responses=forced_singular_serializer(ChunkPage))  # type: ignore[no-untyped-call]
    def list(self, request: Request, dataset_id: str, document_id: str) -> Answer:
        """List chunks in reading order, those that are switched off too."""
        document = self._shown(document_id)
        query = asked(request.query_params)
        key = request.query_params.get("id")
        total, listed = (1, [Listed(_chunk(document, key), None)]) if key else query.listed(document)
        chunks = ListedChunk([*listed], many=True).data
        return Answer({"total": total, "chunks": chunks, "doc": DocumentSerializer(document).data})

    @extend_schema(request={"application/json": ChunkChangesInput}, responses=None)
    def update(self, request: Request, dataset_id: str, document_id: str, chunk_id: str) -> Answer:
        """Change what is sent; a changed text is embedded anew."""
        if not Chunk.objects.filter(pk=chunk_id, kb__in=self.get_queryset()).exists():
            raise NotFound(f"Can't find this chunk {chunk_id}")
        document = self.document(self.dataset(), document_id)
        chunk = Chunk.objects.filter(pk=chunk_id, document=document).first()
        if chunk is None:
            raise NotFound(f"Can't find this chunk {chunk_id}")
        wanted = ChunkChangesInput(data=lenient_object(request)).change()
        editing.change(document, chunk, of_method(wanted, document))
        return Answer()

    @extend_schema(request={"application/json": ChunkIdsInput}, responses=Partly)
    def destroy(self, request: Request, dataset_id: str, document_id: str) -> Answer:
        """Delete chunks; without ids all of the document."""
        document = self.documents(self.dataset()).filter(pk=document_id).first()
        if document is None:
            raise lookup_error(f"Can't find the document with ID {document_id}!")
        given = ChunkIdsInput(data=lenient_object(request))
        given.is_valid(raise_exception=True)
        ids, errors = repeated(given.validated_data["chunk_ids"], "chunk")
        deleted = editing.delete(document, ids or None)
        if deleted < len(ids):
            raise NotFound(f"rm_chunk deleted chunks {deleted}, expect {len(ids)}")
        return Answer({"success_count": deleted, "errors": errors} if errors else None)

    def _shown(self, document_id: str) -> Document:
        kb = self.dataset()
        document = self.documents(kb).with_progress().filter(pk=document_id).first()
        if document is None:
            raise NotFound(f"You don't own the document {document_id}.")
        document.kb = kb
        return document


def _chunk(document: Document, key: str) -> Chunk:
    chunk = Chunk.objects.filter(document=document, pk=key).first()
    if chunk is None:
        raise NotFound(f"Chunk not found: {document.kb_id}/{key}", code=Code.NOT_FOUND)
    chunk.document = document
    return chunk
