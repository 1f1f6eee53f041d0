"""Hits of a search by the web API: the names of the reference's search index (contract C.6)."""

from rest_framework import serializers

from documents.rest.retrieval_output import BaseHit, BasePage


class RawHit(BaseHit):
    """A chunk with its scores."""

    chunk_id = serializers.CharField(source="hit.chunk_id")
    content_with_weight = serializers.CharField(source="hit.content")
    doc_id = serializers.CharField(source="hit.document_id")
    docnm_kwd = serializers.CharField(source="hit.document_name", help_text="Name of the document.")
    kb_id = serializers.CharField(source="hit.kb_id")
    important_kwd = serializers.ListField(child=serializers.CharField(), source="hit.keywords")
    question_kwd = serializers.ListField(child=serializers.CharField(), source="hit.questions")


class RawRetrievalPage(BasePage):
    """A page of hits, best first; `total` and `doc_aggs` count those of all pages."""

    chunks = RawHit(many=True)
    labels = serializers.CharField(allow_null=True, help_text="Always null; clients expect the key.")
