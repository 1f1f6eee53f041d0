"""A chunk as the web API shows it: the names of the reference's search index (contract C.6, D)."""

from datetime import datetime

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from documents.rest.chunk_output import BaseListed, searched, shown
from documents.web.rows import RawDocument
from knowledgebases.models import Chunk
from knowledgebases.retrieval.listing import Listed
from system.rest.times import plain


class RawListedChunk(BaseListed):
    """A chunk in a list; with keywords, `content_with_weight` is what the list shows of it."""

    chunk_id = serializers.CharField(source="chunk.pk")
    content_with_weight = serializers.SerializerMethodField(
        help_text="With keywords: HTML with the matches in `<em>`, if any."
    )
    doc_id = serializers.CharField(source="chunk.document_id")
    important_kwd = serializers.ListField(child=serializers.CharField(), source="chunk.important_keywords")
    question_kwd = serializers.ListField(child=serializers.CharField(), source="chunk.questions")
    available_int = serializers.SerializerMethodField(help_text="1: searches find it; 0: they do not.")

    def get_content_with_weight(self, listed: Listed) -> str:
        """The marked text where there is one."""
        return shown(listed)

    def get_available_int(self, listed: Listed) -> int:
        """As a digit."""
        return int(searched(listed.chunk))


class RawChunkPage(serializers.Serializer[None]):
    """A page of chunks, and their document."""

    total = serializers.IntegerField()
    chunks = RawListedChunk(many=True)
    doc = RawDocument()


class RawChunk(serializers.ModelSerializer[Chunk]):
    """A chunk with all that is stored of it but vector and terms."""

    content_with_weight = serializers.CharField(source="content", read_only=True)
    doc_id = serializers.CharField(source="document_id", read_only=True)
    kb_id = serializers.CharField(read_only=True)
    docnm_kwd = serializers.CharField(source="document.name", read_only=True)
    important_kwd = serializers.ListField(child=serializers.CharField(), source="important_keywords", read_only=True)
    question_kwd = serializers.ListField(child=serializers.CharField(), source="questions", read_only=True)
    tag_kwd = serializers.ListField(child=serializers.CharField(), source="tags", read_only=True)
    tag_feas = serializers.DictField(child=serializers.FloatField(), source="tag_weights", read_only=True)
    img_id = serializers.SerializerMethodField()
    doc_type_kwd = serializers.CharField(source="kind", read_only=True, help_text="Such as `text` or `table`.")
    page_num_int = serializers.SerializerMethodField(help_text="Page of each position, from 1.")
    position_int = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField()),
        source="positions",
        read_only=True,
        help_text="Lists of page (from 1), left, right, top, bottom, in points.",
    )
    top_int = serializers.SerializerMethodField(help_text="Top of each position.")
    available_int = serializers.SerializerMethodField(help_text="1: searches find it; 0: they do not.")
    create_time = serializers.SerializerMethodField(help_text="Such as `2025-03-11 13:37:23`, in UTC.")
    create_timestamp_flt = serializers.SerializerMethodField(help_text="Seconds since the epoch.")

    class Meta:
        model = Chunk
        fields = [
            *("id", "content_with_weight", "doc_id", "kb_id", "docnm_kwd", "important_kwd", "question_kwd"),
            *("tag_kwd", "tag_feas", "img_id", "doc_type_kwd", "page_num_int", "position_int", "top_int"),
            *("available_int", "create_time", "create_timestamp_flt"),
        ]
        read_only_fields = fields

    def get_img_id(self, chunk: Chunk) -> str:
        """Chunks have no images of their own."""
        return ""

    @extend_schema_field(serializers.ListField(child=serializers.IntegerField()))
    def get_page_num_int(self, chunk: Chunk) -> list[int]:
        """In the order of the positions."""
        return [position[0] for position in chunk.positions]

    @extend_schema_field(serializers.ListField(child=serializers.IntegerField()))
    def get_top_int(self, chunk: Chunk) -> list[int]:
        """In the order of the positions."""
        return [position[3] for position in chunk.positions]

    def get_available_int(self, chunk: Chunk) -> int:
        """As a digit."""
        return int(searched(chunk))

    def get_create_time(self, chunk: Chunk) -> str:
        """In words."""
        return plain(chunk.created_at)

    def get_create_timestamp_flt(self, chunk: Chunk) -> float:
        """As a number."""
        moment: datetime = chunk.created_at
        return moment.timestamp()


class CreatedChunk(serializers.Serializer[None]):
    """The answer to a new chunk."""

    chunk_id = serializers.CharField()
