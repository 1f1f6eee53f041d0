"""Making documents, out of files and without any (contract C.5)."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from documents import uploads
from documents.rest.changing import text_name
from documents.rest.files import named_files, not_stored
from documents.web.reach import InDatasets, in_words_of_the_web, named_dataset
from documents.web.rows import RawDocument, RawUploaded
from system.errors import NotFound, RagError
from system.rest.bodies import require, web_object
from system.rest.envelope import Answer
from system.rest.refusing import lookup_error


class RawUploadInput(serializers.Serializer[None]):
    """Files to store, all under the name `file`."""

    kb_id = serializers.CharField()
    file = serializers.ListField(child=serializers.FileField(), help_text="May be repeated.")


class RawCreateInput(serializers.Serializer[None]):
    """A document without a file."""

    kb_id = serializers.CharField()
    name = serializers.CharField(help_text="With any suffix, or none.")


class UploadingViewSet(InDatasets):
    """Upload files; make empty documents."""

    @extend_schema(request={"multipart/form-data": RawUploadInput}, responses=RawUploaded(many=True))
    def upload(self, request: Request) -> Answer:
        """Store files as documents; good ones are stored even where others are refused."""
        body = web_object(request)
        require(body, "kb_id")
        kb_id = named_dataset(body["kb_id"])
        files = named_files(request)
        uploaded = uploads.add(self.dataset(kb_id), user=self.user, files=files)
        if uploaded.refused or uploaded.failed:
            raise not_stored(uploaded)
        return Answer(RawUploaded(uploaded.documents, many=True).data)

    @extend_schema(request={"application/json": RawCreateInput}, responses=RawDocument)
    def create(self, request: Request) -> Answer:
        """Make an empty document, to be filled with chunks by hand."""
        body = web_object(request)
        require(body, "name", "kb_id")
        name = uploads.typed_name(text_name(body["name"]))
        kb = self.dataset(str(body["kb_id"]))
        with in_words_of_the_web():
            document = uploads.create_empty(kb, user=self.user, name=name)
        return Answer(RawDocument(document).data)

    def missing(self, key: str) -> RagError:
        """Foreign and unknown datasets alike."""
        text = "Can't find this knowledgebase!"
        return NotFound(text) if self.action == "create" else lookup_error(text)
