"""A document as the web API shows it: the names of the reference's columns (contract C.5)."""

from rest_framework import serializers

from documents.models import Document
from documents.rest.files import upload_result_field
from documents.rest.rows import FILE, STATE, DocumentFields
from documents.web import pictures


class RawUploaded(DocumentFields):
    """What an upload answers of a document."""

    kb_id = serializers.CharField(read_only=True)

    class Meta:
        model = Document
        fields = ["id", "kb_id", "parser_id", *FILE]
        read_only_fields = fields


class RawUploadResult(RawUploaded):
    """The same with what became of the file."""

    upload_result = upload_result_field()

    class Meta(RawUploaded.Meta):
        fields = [*RawUploaded.Meta.fields, "upload_result"]


class RawDocument(RawUploaded):
    """A document; `run` is its digit."""

    run = serializers.CharField(read_only=True, help_text="0 not started, 1 running, 2 stopped, 3 done, 4 failed.")

    class Meta(RawUploaded.Meta):
        fields = [*RawUploaded.Meta.fields, "run", "chunk_num", "token_num", *STATE]
        read_only_fields = fields


class RawListedDocument(RawDocument):
    """A document in a list; rows come with their `created_by`."""

    thumbnail = serializers.SerializerMethodField(help_text="Where the picture is; empty: there is none.")
    nickname = serializers.CharField(source="created_by.nickname", read_only=True, help_text="Of who made it.")
    pipeline_name = serializers.SerializerMethodField(help_text="Always null; clients expect the key.")

    class Meta(RawDocument.Meta):
        fields = [*RawDocument.Meta.fields, "nickname", "pipeline_name", "title"]
        read_only_fields = fields

    def get_thumbnail(self, document: Document) -> str:
        """Its address."""
        return pictures.path(document)

    def get_pipeline_name(self, document: Document) -> str | None:
        """Documents are ingested one way."""
        return None


class RawDocumentPage(serializers.Serializer[None]):
    """A page of documents; `total` counts them before paging."""

    total = serializers.IntegerField()
    docs = RawListedDocument(many=True)
