"""A dataset on the wire (contract B.1, "Dataset object")."""

from rest_framework import serializers

from knowledgebases.models import Knowledgebase
from knowledgebases.rest.dataset_output import DatasetFields
from system.rest.times import HttpDate, Milliseconds


class DatasetSerializer(DatasetFields):
    """A dataset under the names that clients know."""

    embedding_model = serializers.CharField(source="embd_id", read_only=True)
    document_count = serializers.IntegerField(source="doc_num", read_only=True)
    chunk_count = serializers.IntegerField(source="chunk_num", read_only=True)
    chunk_method = serializers.CharField(source="parser_id", read_only=True)
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
