"""What the chunk routes accept (contract B.3)."""

from dataclasses import dataclass
from typing import Any, Self

from django.http import QueryDict
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema_field
from rest_framework import serializers

from documents.editing import Change
from system.errors import ArgumentError, DataError, TooLarge
from system.rest.failures import not_an_integer
from system.rest.pagination import integer
from system.rest.refusing import Checked, Integer, Text, Texts, ids, texts, type_error

CONTENT_CHARS = 100_000  # of a chunk that somebody types in: far beyond what any model embeds
LIST_ITEMS = 1000  # keywords or questions of a chunk
UNLIMITED = 10  # rows where `page_size` is 0, as the reference has it
PAGE_ROWS = 100_000  # rows of one answer, whatever was asked for
_COORDINATE = 2**31


@dataclass(frozen=True, slots=True)
class ChunkQuery:
    """Which chunks of a document to list."""

    id: str
    keywords: str
    page: int
    size: int

    @classmethod
    def of(cls, query: QueryDict) -> Self:
        """From query parameters; empty ones count as absent. Raises Unhandled for numbers that are none."""
        size = integer(query.get("page_size") or "30")
        return cls(
            id=query.get("id", ""),
            keywords=query.get("keywords", ""),
            page=min(max(1, integer(query.get("page") or "1")), 2**31),
            size=min(max(1, size), PAGE_ROWS) if size else UNLIMITED,
        )


QUERY = [
    OpenApiParameter("page", int, description="From 1."),
    OpenApiParameter("page_size", int, description="30 unless given."),
    OpenApiParameter("keywords", OpenApiTypes.STR, description="Chunks that hold one of these words."),
    OpenApiParameter("id", str, description="This chunk alone."),
]


def _required(value: Any) -> Any:
    if not str(value).strip():
        raise DataError("`content` is required")
    return value


def _short(content: str) -> str:
    if len(content) > CONTENT_CHARS:
        raise TooLarge(f"A chunk may have {CONTENT_CHARS} characters; this one has {len(content)}. Split it.")
    return content


def _few(values: list[str]) -> list[str]:
    if len(values) > LIST_ITEMS or sum(map(len, values)) > CONTENT_CHARS:
        raise TooLarge(f"A chunk may have {LIST_ITEMS} keywords or questions of {CONTENT_CHARS} characters in all.")
    return values


class ChunkInput(serializers.Serializer[None]):
    """A new chunk; the checks go by the order of the fields."""

    content = Text(_required, absent="", help_text="Not blank.")
    important_keywords = Texts(texts("`important_keywords` is required to be a list"), absent=[])
    questions = Texts(texts("`questions` is required to be a list"), absent=[])

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The type of the content is judged last."""
        if not isinstance(attrs["content"], str):
            raise type_error(f"unsupported operand type(s) for +: {type(attrs['content']).__name__!r} and 'str'")
        _short(attrs["content"])
        _few(attrs["important_keywords"])
        _few(attrs["questions"])
        return attrs


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


def _content(value: Any) -> str:
    if not isinstance(value, str):
        raise type_error("expected string or bytes-like object")
    return _short(_required(value))


def _available(value: Any) -> bool:
    if isinstance(value, str):
        try:
            return bool(int(value))
        except ValueError:
            raise not_an_integer(value[:64]) from None
    if not isinstance(value, int | float):
        raise ArgumentError("`available` should be 0 or 1.")
    return bool(value)


class ChunkChangesInput(serializers.Serializer[None]):
    """New values of a chunk, in the order of their checks; every key may be absent, others are ignored."""

    important_keywords = Texts(texts("`important_keywords` should be a list"))
    questions = Texts(texts("`questions` should be a list"))
    positions = Positions(_positions, help_text="Lists of page (from 1), left, right, top, bottom.")
    content = Text(_content)
    available = Integer(_available, help_text="1: searches find it; 0: they do not.")

    def change(self) -> Change:
        """The values, checked."""
        self.is_valid(raise_exception=True)
        value: dict[str, Any] = self.validated_data
        _few(value.get("important_keywords", []))
        _few(value.get("questions", []))
        return Change(**value)


class ChunkIdsInput(serializers.Serializer[None]):
    """Chunks to delete; none, or no body, for all of the document."""

    chunk_ids = Texts(ids(ArgumentError("`chunk_ids` should be a list")), absent=None)
