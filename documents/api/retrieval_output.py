"""Hits on the wire (contract B.3)."""

from rest_framework import serializers

from documents.rest.retrieval_output import BaseHit, BasePage


class HitSerializer(BaseHit):
    """A chunk with its scores."""

    id = serializers.CharField(source="hit.chunk_id")
    content = serializers.CharField(source="hit.content")
    document_id = serializers.CharField(source="hit.document_id")
    document_keyword = serializers.CharField(source="hit.document_name", help_text="Name of the document.")
    dataset_id = serializers.CharField(source="hit.kb_id")
    important_keywords = serializers.ListField(child=serializers.CharField(), source="hit.keywords")


class RetrievalPage(BasePage):
    """A page of hits, best first; `total` and `doc_aggs` count those of all pages."""

    chunks = HitSerializer(many=True)
