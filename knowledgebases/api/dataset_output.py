"""A dataset on the wire (contract B.1, "Dataset object")."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from knowledgebases.models import Knowledgebase
from system.rest.times import HttpDate, Milliseconds


@extend_schema_field(OpenApiTypes.OBJECT)
class ConfigField(serializers.JSONField):
    """A stored config as it is."""


class DatasetSerializer(serializers.ModelSerializer[Knowledgebase]):
    """A dataset under the names that clients know."""

    embedding_model = serializers.CharField(source="embd_id", read_only=True)
    document_count = serializers.IntegerField(source="doc_num", read_only=True)
    chunk_count = serializers.IntegerField(source="chunk_num", read_only=True)
    permission = serializers.CharField(read_only=True)
    chunk_method = serializers.CharField(source="parser_id", read_only=True)
    parser_config = ConfigField(read_only=True)
    status = serializers.SerializerMethodField(help_text="`1`: living; deleted datasets are not shown.")
    create_time = Milliseconds(source="created_at")
    create_date = HttpDate(source="created_at")
    update_time = Milliseconds(source="updated_at")
    update_date = HttpDate(source="updated_at")

    class Meta:
        model = Knowledgebase
        fields = [
            *("id", "avatar", "tenant_id", "name", "language", "description", "embedding_model", "permission"),
            *("created_by", "document_count", "token_num", "chunk_count", "similarity_threshold"),
            *("vector_similarity_weight", "chunk_method", "pipeline_id", "parser_config", "pagerank", "status"),
            *("create_time", "create_date", "update_time", "update_date"),
        ]
        read_only_fields = fields

    def get_status(self, kb: Knowledgebase) -> str:
        """Always `1` for a row that can be reached."""
        return "0" if kb.deleted_at else "1"

    def to_representation(self, kb: Knowledgebase) -> dict[str, Any]:
        """The row, with the jobs over whole datasets that this site has not run: null."""
        jobs = dict.fromkeys(
            f"{job}_task_{what}" for job in ("graphrag", "raptor", "mindmap") for what in ("id", "finish_at")
        )
        return super().to_representation(kb) | jobs
