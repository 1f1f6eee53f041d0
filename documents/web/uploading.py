"""Making documents, out of files and without any (contract C.5)."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from documents import labels, quotas, uploads
from documents.conflicts import OnConflict
from documents.rest.changing import text_name
from documents.rest.files import ON_CONFLICT, answer, asked_for, body_bytes, named_files, on_conflict_field
from documents.web.reach import InDatasets, in_words_of_the_web, named_dataset
from documents.web.rows import RawDocument, RawUploadResult
from system.errors import NotFound, RagError
from system.rest.bodies import require, web_object
from system.rest.envelope import Answer
from system.rest.refusing import lookup_error


class RawUploadInput(serializers.Serializer[None]):
    """Files to store, all under the name `file`."""

    kb_id = serializers.CharField()
    file = serializers.ListField(child=serializers.FileField(), help_text="May be repeated.")
    on_conflict = on_conflict_field()


class RawCreateInput(serializers.Serializer[None]):
    """A document without a file."""

    kb_id = serializers.CharField()
    name = serializers.CharField(help_text="With any suffix, or none.")


class UploadingViewSet(InDatasets):
    """Upload files; make empty documents."""

    partly = ("upload",)

    @extend_schema(
        request={"multipart/form-data": RawUploadInput},
        parameters=[ON_CONFLICT],
        responses=RawUploadResult(many=True),
    )
    def upload(self, request: Request) -> Answer:
        """Store files as documents; good ones are stored even where others are refused."""
        quotas.expect(self.user, body=body_bytes(request))
        body = web_object(request)
        require(body, "kb_id")
        kb_id = named_dataset(body["kb_id"])
        files = named_files(request)
        kb = self.dataset(kb_id)
        asked = asked_for(request, body)
        uploaded = uploads.add(kb, user=self.user, files=files, on_conflict=asked or OnConflict.KEEP)
        return answer(uploaded, RawUploadResult, asked=asked)

    @extend_schema(request={"application/json": RawCreateInput}, responses=RawDocument)
    def create(self, request: Request) -> Answer:
        """Make an empty document, to be filled with chunks by hand."""
        body = web_object(request)
        require(body, "name", "kb_id")
        name = labels.typed_name(text_name(body["name"]))
        kb = self.dataset(str(body["kb_id"]))
        with in_words_of_the_web():
            document = uploads.create_empty(kb, user=self.user, name=name)
        return Answer(RawDocument(document).data)

    def missing(self, key: str) -> RagError:
        """Foreign and unknown datasets alike."""
        text = "Can't find this knowledgebase!"
        return NotFound(text) if self.action == "create" else lookup_error(text)
