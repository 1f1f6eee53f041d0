"""Hits on the wire (contract B.3)."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from documents.rest.retrieval_output import BaseHit, BasePage
from knowledgebases.retrieval import Answer


class PartsSerializer(serializers.Serializer[Any]):
    """What a similarity is the sum of."""

    term = serializers.FloatField(help_text="Of the words, weighted.")
    vector = serializers.FloatField(help_text="Of the meaning, weighted; 0 where a rerank model has judged.")
    rerank = serializers.FloatField(help_text="Of the rerank model, weighted.")
    pagerank = serializers.FloatField(help_text="Of the dataset.")
    tags = serializers.FloatField(help_text="Of the tags that question and chunk share.")


class BasisSerializer(serializers.Serializer[Any]):
    """What an answer rests on."""

    vector_similarity_weight = serializers.FloatField(source="weight", help_text="That was used, 0 to 1.")
    similarity_threshold = serializers.FloatField(source="threshold")
    candidates = serializers.IntegerField(help_text="Chunks that were scored.")
    lexical_exact = serializers.BooleanField(
        source="exact", help_text="False: a few passages with frequent words only may be missing."
    )
    dense_exact = serializers.BooleanField(
        source="near", allow_null=True, help_text="False: an index was asked. Null: there was no vector."
    )
    documents = serializers.IntegerField(
        allow_null=True,
        help_text="To how many documents the search was narrowed. Null: it was not; 0: no document met the "
        "`metadata_condition`, so it restricted nothing.",
    )
    reranked = serializers.IntegerField(help_text="Candidates that the rerank model has judged.")


class HitSerializer(BaseHit):
    """A chunk with its scores."""

    id = serializers.CharField(source="hit.chunk_id")
    content = serializers.CharField(source="hit.content")
    document_id = serializers.CharField(source="hit.document_id")
    document_keyword = serializers.CharField(source="hit.document_name", help_text="Name of the document.")
    dataset_id = serializers.CharField(source="hit.kb_id")
    important_keywords = serializers.ListField(child=serializers.CharField(), source="hit.keywords")
    explain = PartsSerializer(source="parts", required=False, help_text="Present where it was asked for.")


class RetrievalPage(BasePage):
    """A page of hits, best first; `total` and `doc_aggs` count those of all pages."""

    chunks = HitSerializer(many=True)
    explain = BasisSerializer(required=False, help_text="Present where it was asked for.")
    timings = serializers.DictField(
        child=serializers.FloatField(),
        required=False,
        help_text="Present where it was asked for: milliseconds of each stage, and in all.",
    )


def reasons(found: Answer, asked: Mapping[str, Any]) -> dict[str, Any]:
    """What an answer tells of itself where that is `asked` for."""
    told = {"explain": BasisSerializer(found.basis).data, "timings": found.timings}
    return {name: value for name, value in told.items() if asked[name]}
