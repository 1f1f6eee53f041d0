"""What of a document both APIs show alike (contract B.2, C.5); each adds the fields that it names its own way."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from documents.models import Document
from system.rest.times import HttpDate, Milliseconds

FILE = (
    *("pipeline_id", "parser_config", "created_by", "type", "name", "source_type", "suffix", "location", "size"),
    "thumbnail",
)
"""What is known of a document once its file is stored."""
STATE = (
    *("progress", "progress_msg", "process_begin_at", "process_duration", "meta_fields", "status"),
    *("create_time", "create_date", "update_time", "update_date"),
)
"""What is known of it later on."""


@extend_schema_field(OpenApiTypes.OBJECT)
class Stored(serializers.JSONField):
    """A stored object as it is."""


class DocumentFields(serializers.ModelSerializer[Document]):
    """The fields of FILE and STATE; of a row `with_progress` that is being processed, how far its tasks are."""

    parser_config = Stored(read_only=True)
    progress = serializers.SerializerMethodField(help_text="0 to 1; -1 for a document that failed.")
    progress_msg = serializers.SerializerMethodField(help_text="What was done, a line for each step.")
    process_begin_at = HttpDate(allow_null=True)
    meta_fields = Stored(read_only=True)
    status = serializers.SerializerMethodField(help_text="`1`: searched; `0`: switched off.")
    create_time = Milliseconds(source="created_at")
    create_date = HttpDate(source="created_at")
    update_time = Milliseconds(source="updated_at")
    update_date = HttpDate(source="updated_at")
    title = serializers.SerializerMethodField(help_text="Always null; clients expect the key.")

    class Meta:
        model = Document
        fields: list[str] = []

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

    def get_title(self, document: Document) -> str | None:
        """Documents have names only; lists alone have the key."""
        return None
