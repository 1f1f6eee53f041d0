"""A document on the wire of the REST API (contract B.2)."""

from rest_framework import serializers

from documents.models import Document
from documents.rest.files import upload_result_field
from documents.rest.rows import FILE, STATE, DocumentFields


class UploadedSerializer(DocumentFields):
    """What an upload answers of a document."""

    dataset_id = serializers.CharField(source="kb_id", read_only=True)
    chunk_method = serializers.CharField(source="parser_id", read_only=True)
    run = serializers.CharField(
        source="get_run_display", read_only=True, help_text="UNSTART, RUNNING, CANCEL, DONE or FAIL."
    )

    class Meta:
        model = Document
        fields = ["id", "dataset_id", "chunk_method", *FILE, "run"]
        read_only_fields = fields


class UploadResultSerializer(UploadedSerializer):
    """The same with what became of the file."""

    upload_result = upload_result_field()

    class Meta(UploadedSerializer.Meta):
        fields = [*UploadedSerializer.Meta.fields, "upload_result"]


class DocumentSerializer(UploadedSerializer):
    """A document."""

    token_count = serializers.IntegerField(source="token_num", read_only=True)
    chunk_count = serializers.IntegerField(source="chunk_num", read_only=True)

    class Meta(UploadedSerializer.Meta):
        fields = [*UploadedSerializer.Meta.fields, "token_count", "chunk_count", *STATE]
        read_only_fields = fields


class ListedSerializer(DocumentSerializer):
    """A document in a list."""

    class Meta(DocumentSerializer.Meta):
        fields = [*DocumentSerializer.Meta.fields, "title"]
        read_only_fields = fields


class DocumentPage(serializers.Serializer[None]):
    """A page of documents; `total` counts them before paging."""

    total = serializers.IntegerField()
    docs = ListedSerializer(many=True)


class Partly(serializers.Serializer[None]):
    """What became of a list of ids that names some more than once."""

    sparse = True  # left out of the answer where each is named once
    success_count = serializers.IntegerField()
    errors = serializers.ListField(child=serializers.CharField())  # type: ignore[assignment]  # a field, no property
