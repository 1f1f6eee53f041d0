"""A chunk on the wire (contract B.3)."""

from datetime import datetime

from rest_framework import serializers

from documents.api.document_output import DocumentSerializer
from documents.rest.chunk_output import BaseListed, searched, shown
from knowledgebases.models import Chunk
from knowledgebases.retrieval.listing import Listed
from system.rest.times import plain


class AddedChunk(serializers.ModelSerializer[Chunk]):
    """A chunk as it is answered right after it was added."""

    create_time = serializers.SerializerMethodField(help_text="Such as `2025-03-11 13:37:23`, in UTC.")
    create_timestamp = serializers.SerializerMethodField(help_text="Seconds since the epoch.")
    dataset_id = serializers.CharField(source="kb_id", read_only=True)
    document_id = serializers.CharField(read_only=True)

    class Meta:
        model = Chunk
        fields = [
            *("id", "content", "document_id", "dataset_id", "important_keywords", "questions"),
            *("create_time", "create_timestamp"),
        ]
        read_only_fields = fields

    def get_create_time(self, chunk: Chunk) -> str:
        """In words."""
        return plain(chunk.created_at)

    def get_create_timestamp(self, chunk: Chunk) -> float:
        """As a number."""
        moment: datetime = chunk.created_at
        return moment.timestamp()


class Added(serializers.Serializer[None]):
    """The answer to an added chunk."""

    chunk = AddedChunk()


class ListedChunk(BaseListed):
    """A chunk in a list; with keywords, `content` is what the list shows of it."""

    id = serializers.CharField(source="chunk.pk")
    content = serializers.SerializerMethodField(help_text="With keywords: HTML with the matches in `<em>`, if any.")
    document_id = serializers.CharField(source="chunk.document_id")
    important_keywords = serializers.ListField(child=serializers.CharField(), source="chunk.important_keywords")
    questions = serializers.ListField(child=serializers.CharField(), source="chunk.questions")
    dataset_id = serializers.CharField(source="chunk.kb_id")
    available = serializers.SerializerMethodField(help_text="Whether searches find it.")

    def get_content(self, listed: Listed) -> str:
        """The marked text where there is one."""
        return shown(listed)

    def get_available(self, listed: Listed) -> bool:
        """Neither it nor its document is switched off."""
        return searched(listed.chunk)


class ChunkPage(serializers.Serializer[None]):
    """A page of chunks, and their document."""

    total = serializers.IntegerField()
    chunks = ListedChunk(many=True)
    doc = DocumentSerializer()
