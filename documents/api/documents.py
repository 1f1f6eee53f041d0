"""/api/v1/datasets/{dataset_id}/documents (contract B.2)."""

from http import HTTPStatus

from django.http import FileResponse
from drf_spectacular.helpers import forced_singular_serializer
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request

from documents import changes, quotas, removal, uploads
from documents.api.dataset_scope import InDataset
from documents.api.document_input import QUERY, ChangesInput, DocumentIdsInput, DocumentQuery, UploadInput
from documents.api.document_output import (
    DocumentPage,
    DocumentSerializer,
    ListedSerializer,
    Partly,
    UploadResultSerializer,
)
from documents.conflicts import OnConflict
from documents.rest import downloading
from documents.rest.files import ON_CONFLICT, answer, asked_for, body_bytes, named_files
from system.errors import NotFound, RagError
from system.rest.bodies import lenient_object
from system.rest.envelope import Answer
from system.rest.refusing import lookup_error, repeated


class DocumentViewSet(InDataset):
    """Upload, list, change, download and delete documents."""

    serializer_class = DocumentSerializer
    partly = ("create",)
    scopes = {"update": "owned_by", "download": "owned_by"}
    otherwise = {"update": {"const": True}}  # where `enabled` is sent
    refusals = {
        "list": "You don't own the dataset %s. ",
        "destroy": "You don't own the dataset %s. ",
        "update": "You don't own the dataset.",
        "download": "You do not own the dataset %s.",
    }

    @extend_schema(
        request={"multipart/form-data": UploadInput},
        parameters=[ON_CONFLICT],
        responses=UploadResultSerializer(many=True),
    )
    def create(self, request: Request, dataset_id: str) -> Answer:
        """Store files as documents; good ones are stored even where others are refused."""
        try:
            kb = self.dataset()
        except RagError:
            named_files(request, keep=False)  # clients are told of the files first (B.2), but nothing is stored for it
            raise
        with quotas.room(kb.tenant, body=body_bytes(request)) as room:
            files = named_files(request)
            asked = asked_for(request, request.POST)
            path, how = request.POST.get("parent_path", ""), asked or OnConflict.KEEP
            uploaded = uploads.add(kb, user=self.user, files=files, parent_path=path, on_conflict=how, room=room)
        return answer(uploaded, UploadResultSerializer, asked=asked)

    @extend_schema(parameters=QUERY, responses=forced_singular_serializer(DocumentPage))  # type: ignore[no-untyped-call]
    def list(self, request: Request, dataset_id: str) -> Answer:
        """List documents, the newest first."""
        kb = self.dataset()
        query = DocumentQuery.of(request.query_params)
        rows = self.documents(kb)
        if query.id and not rows.filter(pk=query.id).exists():
            raise NotFound(f"You don't own the document {query.id}.")
        if query.name and not rows.named(query.name).exists():
            raise NotFound(f"You don't own the document {query.name}.")
        found = query.narrowed(rows)
        docs = query.on_page(found.with_progress())
        return Answer({"total": found.count(), "docs": ListedSerializer(docs, many=True).data})

    @extend_schema(request={"application/json": ChangesInput}, responses=DocumentSerializer)
    def update(self, request: Request, dataset_id: str, document_id: str) -> Answer:
        """Change what is sent; the rest stays."""
        document = self.document(self.dataset(), document_id, "The dataset doesn't own the document.")
        body = lenient_object(request)
        changed = changes.change(document, ChangesInput(document, data=body).change())
        return Answer(True if "enabled" in body else DocumentSerializer(changed).data)

    @extend_schema(
        responses={
            (HTTPStatus.OK, "application/octet-stream"): OpenApiResponse(OpenApiTypes.BINARY, "The stored bytes.")
        }
    )
    def download(self, request: Request, dataset_id: str, document_id: str) -> FileResponse:
        """The stored bytes, as an attachment."""
        document = self.document(self.dataset(), document_id, f"The dataset not own the document {document_id}.")
        return downloading.saved(document)

    @extend_schema(request={"application/json": DocumentIdsInput}, responses=Partly)
    def destroy(self, request: Request, dataset_id: str) -> Answer:
        """Delete documents with their chunks; without ids every document of the dataset."""
        kb = self.dataset()
        given = DocumentIdsInput(data=lenient_object(request))
        given.is_valid(raise_exception=True)
        ids, errors = repeated(given.validated_data["ids"], "document")
        known = list(self.documents(kb).filter(**({"pk__in": ids} if ids else {})).values_list("pk", flat=True))
        removed = removal.remove_many(known)
        if unknown := [one for one in ids if one not in set(known)]:
            raise NotFound(f"Documents not found: {unknown}")
        return Answer({"success_count": removed, "errors": errors} if errors else None)

    def missing(self, key: str) -> RagError:
        """An upload to a dataset out of reach is told in the manner of the reference."""
        if self.action == "create":
            return lookup_error(f"Can't find the dataset with ID {key}!")
        return super().missing(key)
