"""Stored bytes of documents, for those who may read them (contract A.0.3, C.5)."""

from http import HTTPStatus

from django.http import FileResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from documents.rest import downloading
from documents.web.reach import InDocuments
from system.errors import NotFound, RagError
from system.rest.authentication import SessionToken
from system.rest.envelope import Answer
from system.rest.signed import LIFETIME, PARAMETER, SignedAddress, signed

NAME = "web-document-get"


class DocumentAddress(serializers.Serializer[None]):
    """Where a document is to be had without credentials, for a while."""

    url = serializers.CharField(help_text="An address of this site: path and query.")
    seconds = serializers.IntegerField(help_text="How long it opens; less where the session ends before.")


class DownloadingViewSet(InDocuments):
    """Download documents."""

    queryset = InDocuments.queryset.select_related("blob")
    authentication_classes = [SignedAddress, SessionToken]

    @extend_schema(
        parameters=[OpenApiParameter(PARAMETER, str, description="Of an address from `document/link`.")],
        responses={
            (HTTPStatus.OK, kind): OpenApiResponse(OpenApiTypes.BINARY, "The stored bytes.")
            for kind in downloading.KINDS
        },
    )
    def download(self, request: Request, document_id: str) -> FileResponse:
        """The stored bytes, by the content type of the suffix; browsers show png, jpeg, webp, pdf, and save others."""
        return downloading.shown(self.document(document_id))

    @extend_schema(responses=DocumentAddress)
    def link(self, request: Request, document_id: str) -> Answer:
        """An address that opens the document without credentials: browsers send none for pictures and links."""
        document = self.document(document_id)
        return Answer({"url": signed(reverse(NAME, args=[document.pk]), self.user), "seconds": LIFETIME})

    def missing(self, key: str) -> RagError:
        """Foreign and unknown documents alike."""
        return NotFound("Document not found!")
