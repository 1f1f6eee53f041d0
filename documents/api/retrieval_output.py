"""Hits on the wire (contract B.3)."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from knowledgebases.lexical import tokenizer
from knowledgebases.retrieval import Scored


class HitSerializer(serializers.Serializer[Any]):
    """A chunk with its scores; context `languages` gives that of each dataset."""

    id = serializers.CharField(source="hit.chunk_id")
    content = serializers.CharField(source="hit.content")
    content_ltks = serializers.SerializerMethodField(help_text="The terms of the content as searches see them.")
    document_id = serializers.CharField(source="hit.document_id")
    document_keyword = serializers.CharField(source="hit.document_name", help_text="Name of the document.")
    dataset_id = serializers.CharField(source="hit.kb_id")
    important_keywords = serializers.ListField(child=serializers.CharField(), source="hit.keywords")
    image_id = serializers.SerializerMethodField()
    similarity = serializers.FloatField(help_text="Weighted mean of the two below.")
    vector_similarity = serializers.FloatField()
    term_similarity = serializers.FloatField()
    positions = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField()),
        source="hit.positions",
        help_text="Lists of page (from 1), left, right, top, bottom, in points.",
    )
    doc_type_kwd = serializers.CharField(source="hit.kind", help_text="Such as `text` or `table`.")
    highlight = serializers.CharField(help_text="HTML with the matches in `<em>`; absent where it was not asked for.")

    def get_content_ltks(self, scored: Scored) -> str:
        """Parted by blanks."""
        languages: Mapping[str, str] = self.context["languages"]
        return " ".join(tokenizer.terms(scored.hit.content, languages[scored.hit.kb_id]))

    def get_image_id(self, scored: Scored) -> str:
        """Chunks have no images of their own."""
        return ""

    def to_representation(self, scored: Scored) -> dict[str, Any]:
        """The hit; without the key `highlight` where it was not asked for."""
        row = super().to_representation(scored)
        if scored.highlight is None:
            del row["highlight"]
        return row


class DocumentHits(serializers.Serializer[Any]):
    """How many hits a document has."""

    doc_name = serializers.CharField(source="document_name")
    doc_id = serializers.CharField(source="document_id")
    count = serializers.IntegerField()


class RetrievalPage(serializers.Serializer[None]):
    """A page of hits, best first; `total` and `doc_aggs` count those of all pages."""

    total = serializers.IntegerField()
    chunks = HitSerializer(many=True)
    doc_aggs = DocumentHits(many=True)
    degraded = serializers.CharField(
        required=False, help_text="Present where the embedding model did not answer: why the answer has less."
    )
