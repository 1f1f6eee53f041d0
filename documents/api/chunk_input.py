"""What the chunk routes accept (contract B.3)."""

from typing import Any

from django.http import QueryDict
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema_field
from rest_framework import serializers

from documents.editing import Change
from documents.rest.chunk_input import addable, availability, few, replacing
from documents.rest.chunk_listing import ChunkQuery
from system.errors import ArgumentError, DataError
from system.rest.pagination import integer
from system.rest.refusing import Checked, Integer, Text, Texts, all_texts, ids, sequence, texts

_COORDINATE = 2**31


QUERY = [
    OpenApiParameter("page", int, description="From 1."),
    OpenApiParameter("page_size", int, description="30 unless given."),
    OpenApiParameter("keywords", OpenApiTypes.STR, description="Chunks that hold one of these words."),
    OpenApiParameter("id", str, description="This chunk alone."),
]


def asked(query: QueryDict) -> ChunkQuery:
    """Which chunks query parameters ask for; empty ones count as absent. Raises Unhandled for numbers that are none."""
    return ChunkQuery(
        page=integer(query.get("page") or "1"),
        size=integer(query.get("page_size") or "30"),
        keywords=query.get("keywords", ""),
    )


def _required(value: Any) -> Any:
    if not str(value).strip():
        raise DataError("`content` is required")
    return value


def _trimmed(questions: list[str]) -> list[str]:
    """Without blanks around them, and without those that are nothing else."""
    return [question.strip() for question in few(questions) if question.strip()]


class ChunkInput(serializers.Serializer[None]):
    """A new chunk; the checks go by the order of the fields."""

    content = Text(_required, absent="", help_text="Not blank.")
    important_keywords = Texts(sequence("`important_keywords` is required to be a list"), absent=[])
    questions = Texts(sequence("`questions` is required to be a list"), absent=[])

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Types of the content and of the items of lists are judged last."""
        content = addable(attrs["content"])
        keywords, questions = all_texts(attrs["important_keywords"]), all_texts(attrs["questions"])
        return {"content": content, "important_keywords": few(keywords), "questions": _trimmed(questions)}


@extend_schema_field(serializers.ListField(child=serializers.ListField(child=serializers.IntegerField())))
class Positions(Checked):
    """Places on pages."""


def _positions(value: Any) -> list[list[int]]:
    if not isinstance(value, list):
        raise DataError("`positions` should be a list")
    if not all(isinstance(place, list) and len(place) == 5 and all(map(_coordinate, place)) for place in value):
        raise ArgumentError("`positions` should hold lists of five integers: page, left, right, top, bottom.")
    return value


def _coordinate(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _COORDINATE


def _content(value: Any) -> Any:
    return _required(replacing(value))


class ChunkChangesInput(serializers.Serializer[None]):
    """New values of a chunk, in the order of their checks; every key may be absent, others are ignored."""

    important_keywords = Texts(texts("`important_keywords` should be a list"))
    questions = Texts(texts("`questions` should be a list"))
    positions = Positions(_positions, help_text="Lists of page (from 1), left, right, top, bottom.")
    content = Text(_content)
    available = Integer(availability("available"), help_text="1: searches find it; 0: they do not.")

    def change(self) -> Change:
        """The values, checked."""
        self.is_valid(raise_exception=True)
        value: dict[str, Any] = self.validated_data
        few(value.get("important_keywords", []))
        if "questions" in value:
            value["questions"] = _trimmed(value["questions"])
        return Change(**value)


class ChunkIdsInput(serializers.Serializer[None]):
    """Chunks to delete; none, or no body, for all of the document."""

    chunk_ids = Texts(ids(ArgumentError("`chunk_ids` should be a list")), absent=None)
