"""A dataset as the web API shows it: the names of the reference's columns (contract C.4)."""

from typing import Any

from rest_framework import serializers

from knowledgebases.models import Knowledgebase
from knowledgebases.rest.dataset_output import DatasetFields
from system.rest.times import HttpDate, Milliseconds

_SHOWN = [
    *("id", "avatar", "name", "language", "description", "permission", "doc_num", "token_num", "chunk_num"),
    *("parser_id", "embd_id"),
]


class RawListed(serializers.ModelSerializer[Knowledgebase]):
    """A dataset in a list; rows come with their tenant and its owner."""

    permission = serializers.CharField(read_only=True)
    parser_id = serializers.CharField(read_only=True)
    nickname = serializers.CharField(source="tenant.owner.nickname", read_only=True, help_text="Of the tenant's owner.")
    tenant_avatar = serializers.CharField(source="tenant.owner.avatar", read_only=True, allow_null=True)
    update_time = Milliseconds(source="updated_at")

    class Meta:
        model = Knowledgebase
        fields = [*_SHOWN, "tenant_id", "nickname", "tenant_avatar", "update_time"]
        read_only_fields = fields


class RawDatasets(serializers.Serializer[None]):
    """A list of datasets; `total` counts them before paging."""

    kbs = RawListed(many=True)
    total = serializers.IntegerField()


class _Raw(DatasetFields):
    """What the detail and the full row have in common."""

    parser_id = serializers.CharField(read_only=True)
    create_time = Milliseconds(source="created_at")
    update_time = Milliseconds(source="updated_at")
    connectors = serializers.SerializerMethodField(help_text="Always empty: files come by upload.")

    def get_connectors(self, kb: Knowledgebase) -> list[str]:
        """Nothing flows into a dataset by itself."""
        return []


class RawDataset(_Raw):
    """The full row."""

    create_date = HttpDate(source="created_at")
    update_date = HttpDate(source="updated_at")

    class Meta:
        model = Knowledgebase
        fields = [
            *(*_SHOWN, "tenant_id", "created_by", "similarity_threshold", "vector_similarity_weight", "pipeline_id"),
            *("parser_config", "pagerank", "status", "create_time", "create_date", "update_time", "update_date"),
            "connectors",
        ]
        read_only_fields = fields


class RawDetail(_Raw):
    """A dataset in detail."""

    size = serializers.SerializerMethodField(help_text="Bytes of its documents.")

    class Meta:
        model = Knowledgebase
        fields = [
            *(*_SHOWN, "pipeline_id", "parser_config", "pagerank", "create_time", "update_time", "size"),
            "connectors",
        ]
        read_only_fields = fields

    def get_size(self, kb: Knowledgebase) -> int:
        """Counted now."""
        return kb.documents.stored_bytes()

    def to_representation(self, kb: Knowledgebase) -> dict[str, Any]:
        """The row, with the pipeline that clients look for: documents are ingested one way, so there is none."""
        return super().to_representation(kb) | {"pipeline_name": None, "pipeline_avatar": None}


class CreatedDataset(serializers.Serializer[None]):
    """The id of a new dataset."""

    kb_id = serializers.CharField()
