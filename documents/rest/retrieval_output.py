"""Hits on the wire: what both APIs call by the same name (contract B.3, C.6)."""

from collections.abc import Mapping, Sequence
from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers

from knowledgebases.lexical import tokenizer
from knowledgebases.models import Knowledgebase
from knowledgebases.retrieval import Answer, Scored


class BaseHit(serializers.Serializer[Any]):
    """A chunk with its scores; context `languages` gives that of each dataset, `explain` says whether to explain."""

    content_ltks = serializers.SerializerMethodField(help_text="The terms of the content as searches see them.")
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
    highlight = serializers.CharField(
        required=False, help_text="HTML with the matches in `<em>`; absent where it was not asked for."
    )

    def get_content_ltks(self, scored: Scored) -> str:
        """Parted by blanks."""
        languages: Mapping[str, str] = self.context["languages"]
        return " ".join(tokenizer.terms(scored.hit.content, languages[scored.hit.kb_id]))

    def get_image_id(self, scored: Scored) -> str:
        """Chunks have no images of their own."""
        return ""

    def to_representation(self, scored: Scored) -> dict[str, Any]:
        """The hit; without the keys `highlight` and `explain` where they were not asked for."""
        row = super().to_representation(scored)
        if scored.highlight is None:
            del row["highlight"]
        if not self.context["explain"]:
            row.pop("explain", None)
        return row


class DocumentHits(serializers.Serializer[Any]):
    """How many hits a document has."""

    doc_name = serializers.CharField(source="document_name")
    doc_id = serializers.CharField(source="document_id")
    count = serializers.IntegerField()


class BasePage(serializers.Serializer[None]):
    """A page of hits, best first; `total` and `doc_aggs` count those of all pages."""

    total = serializers.IntegerField()
    doc_aggs = DocumentHits(many=True)
    degraded = serializers.CharField(
        required=False, help_text="Present where a model did not answer: why the answer has less."
    )


class EmptyPage(serializers.Serializer[None]):
    """The answer to an empty question."""

    total = serializers.IntegerField()
    chunks = serializers.ListField(child=serializers.CharField(), help_text="None.")
    doc_aggs = serializers.DictField(help_text="Of no document.")


def pages(filled: type[BasePage]) -> PolymorphicProxySerializer:
    """How the answer to any question is described."""
    return PolymorphicProxySerializer(f"{filled.__name__}OrEmpty", [filled, EmptyPage], None)


def page_of(
    found: Answer, kbs: Sequence[Knowledgebase], hit: type[BaseHit], *, explain: bool = False
) -> dict[str, Any]:
    """What a search of `kbs` found, its hits in the shape of `hit`."""
    context = {"languages": {kb.pk: kb.language for kb in kbs}, "explain": explain}
    page: dict[str, Any] = {
        "total": found.total,
        "chunks": hit([*found.hits], many=True, context=context).data,
        "doc_aggs": DocumentHits([*found.documents], many=True).data,
    }
    return page | ({"degraded": found.degraded} if found.degraded else {})


def empty_page() -> dict[str, Any]:
    """The answer to an empty question, where `doc_aggs` is an object (contract B.3)."""
    return {"total": 0, "chunks": [], "doc_aggs": {}}
