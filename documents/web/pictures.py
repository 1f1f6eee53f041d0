"""Thumbnails of documents, for those who may see the documents (contract A.0.3, C.5)."""

from http import HTTPStatus

from django.core.files.storage import default_storage
from django.http import FileResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request

from documents.models import Document
from documents.rest.downloading import INERT
from documents.web.reach import InDocuments
from system.errors import ArgumentError, NotFound, RagError
from system.models import User
from system.rest.authentication import SessionToken
from system.rest.envelope import Answer
from system.rest.refusing import parted
from system.rest.signed import LIFETIME, PARAMETER, SignedAddress, signed

NAME = "web-document-image"
PNG = "image/png"


def path(document: Document) -> str:
    """Where the thumbnail of a document is; empty: there is none."""
    return reverse(NAME, args=[f"{document.kb_id}-{document.thumbnail}"]) if document.thumbnail else ""


def address(document: Document, user: User) -> str:
    """The same for `user` to open without credentials, for a while."""
    return signed(path(document), user) if document.thumbnail else ""


class ThumbnailsViewSet(InDocuments):
    """Where thumbnails are."""

    queryset = Document.objects.only("kb", "thumbnail")

    @extend_schema(
        parameters=[
            OpenApiParameter("doc_ids", str, required=True, many=True, description="Repeated, or with commas.")
        ],
        responses=dict[str, str],
    )
    def thumbnails(self, request: Request) -> Answer:
        """An address for each document in reach that opens for `<img>` too, for ten minutes; empty: it has none."""
        wanted = parted(",".join(request.query_params.getlist("doc_ids")))
        if not wanted:
            raise ArgumentError('Lack of "Document ID"', data=False)
        rows = self.get_queryset().in_bulk(wanted)
        return Answer({pk: address(rows[pk], self.user) for pk in dict.fromkeys(wanted) if pk in rows})


class ImageViewSet(InDocuments):
    """The thumbnails themselves."""

    queryset = Document.objects.select_related("thumbnail_blob")
    authentication_classes = [SignedAddress, SessionToken]

    @extend_schema(
        parameters=[OpenApiParameter(PARAMETER, str, description="Of an address from `document/thumbnails`.")],
        responses={(HTTPStatus.OK, PNG): OpenApiResponse(OpenApiTypes.BINARY, "At most 256 pixels wide and high.")},
    )
    def image(self, request: Request, image_id: str) -> FileResponse:
        """The picture `<dataset>-thumbnail_<document>.png`."""
        kb_id, _, name = image_id.partition("-")
        document = self.reached(name.removeprefix("thumbnail_").removesuffix(".png"))
        blob = document.thumbnail_blob
        if blob is None or (document.kb_id, document.thumbnail) != (kb_id, name):
            raise self.missing(image_id)
        try:
            stored = default_storage.open(blob.key)
        except FileNotFoundError:
            raise self.missing(image_id) from None
        headers = {**INERT, "Cache-Control": f"private, max-age={LIFETIME}", "Content-Length": str(stored.size)}
        return FileResponse(stored, filename=name, content_type=PNG, headers=headers)

    def missing(self, key: str) -> RagError:
        """Foreign and unknown pictures alike, and those that are none."""
        return NotFound("Image not found.")
