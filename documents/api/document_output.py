"""A document on the wire (contract B.2)."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from documents.models import Document
from system.rest.times import HttpDate, Milliseconds


@extend_schema_field(OpenApiTypes.OBJECT)
class Stored(serializers.JSONField):
    """A stored object as it is."""


class UploadedSerializer(serializers.ModelSerializer[Document]):
    """What an upload answers of a document."""

    dataset_id = serializers.CharField(source="kb_id", read_only=True)
    chunk_method = serializers.CharField(source="parser_id", read_only=True)
    parser_config = Stored(read_only=True)
    run = serializers.CharField(
        source="get_run_display", read_only=True, help_text="UNSTART, RUNNING, CANCEL, DONE or FAIL."
    )

    class Meta:
        model = Document
        fields = [
            *("id", "dataset_id", "chunk_method", "pipeline_id", "parser_config", "created_by", "type", "name"),
            *("source_type", "suffix", "location", "size", "thumbnail", "run"),
        ]
        read_only_fields = fields


class DocumentSerializer(UploadedSerializer):
    """A document; of one that is being processed, how far its tasks are (rows `with_progress`)."""

    token_count = serializers.IntegerField(source="token_num", read_only=True)
    chunk_count = serializers.IntegerField(source="chunk_num", read_only=True)
    progress = serializers.SerializerMethodField(help_text="0 to 1; -1 for a document that failed.")
    progress_msg = serializers.SerializerMethodField()
    process_begin_at = HttpDate(allow_null=True)
    meta_fields = Stored(read_only=True)
    status = serializers.SerializerMethodField(help_text="`1`: searched; `0`: switched off.")
    create_time = Milliseconds(source="created_at")
    create_date = HttpDate(source="created_at")
    update_time = Milliseconds(source="updated_at")
    update_date = HttpDate(source="updated_at")

    class Meta(UploadedSerializer.Meta):
        fields = [
            *UploadedSerializer.Meta.fields,
            *("token_count", "chunk_count", "progress", "progress_msg", "process_begin_at", "process_duration"),
            *("meta_fields", "status", "create_time", "create_date", "update_time", "update_date"),
        ]
        read_only_fields = fields

    def get_progress(self, document: Document) -> float:
        """The live one where it was asked for."""
        progress: float = getattr(document, "live_progress", document.progress)
        return progress

    def get_progress_msg(self, document: Document) -> str:
        """The live one where it was asked for."""
        message: str = getattr(document, "live_message", document.progress_msg)
        return message

    def get_status(self, document: Document) -> str:
        """As a digit."""
        return "1" if document.enabled else "0"


class ListedSerializer(DocumentSerializer):
    """A document in a list."""

    title = serializers.SerializerMethodField(help_text="Always null; clients expect the key.")

    class Meta(DocumentSerializer.Meta):
        fields = [*DocumentSerializer.Meta.fields, "title"]
        read_only_fields = fields

    def get_title(self, document: Document) -> str | None:
        """Documents have names only."""
        return None


class DocumentPage(serializers.Serializer[None]):
    """A page of documents; `total` counts them before paging."""

    total = serializers.IntegerField()
    docs = ListedSerializer(many=True)


class Partly(serializers.Serializer[None]):
    """What became of a list of ids that names some more than once."""

    success_count = serializers.IntegerField()
    errors = serializers.ListField(child=serializers.CharField())  # type: ignore[assignment]  # a field, no property
