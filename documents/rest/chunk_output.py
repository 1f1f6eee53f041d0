"""A listed chunk on the wire: what both APIs call by the same name (contract B.3, C.6)."""

from typing import Any

from rest_framework import serializers

from knowledgebases.models import Chunk
from knowledgebases.retrieval.listing import Listed


class BaseListed(serializers.Serializer[Any]):
    """A chunk in a list."""

    docnm_kwd = serializers.CharField(source="chunk.document.name")
    image_id = serializers.SerializerMethodField()
    positions = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField()),
        source="chunk.positions",
        help_text="Lists of page (from 1), left, right, top, bottom, in points.",
    )

    def get_image_id(self, listed: Listed) -> str:
        """Chunks have no images of their own."""
        return ""


def shown(listed: Listed) -> str:
    """The text with the keywords marked where there are any, else as it is."""
    return listed.highlight or listed.chunk.content


def searched(chunk: Chunk) -> bool:
    """Whether searches find it: neither it nor its document is switched off."""
    return chunk.available and chunk.document.enabled
