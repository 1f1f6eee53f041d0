"""What the chunk routes of the web API accept (contract C.6); each serializer checks in the order of its fields."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from documents.rest.chunk_input import LIST_ITEMS, addable, availability, few, replacing
from documents.rest.chunk_listing import ChunkQuery
from documents.rest.retrieval_input import question_text
from system.errors import ArgumentError, TooLarge
from system.rest.failures import Unhandled
from system.rest.pagination import integer
from system.rest.refusing import Checked, Integer, Text, Texts, all_texts, ids, sequence, texts, type_error

TAG_CHARS = 255
HEAVIEST = 1_000_000  # weight of a tag; far beyond what a ranking makes use of

# Of the embedding server that clients were recorded with.
EMPTY_TEXT = (
    """Exception('Error: 413 - {"error":"Input validation error: `inputs` cannot be empty","""
    """"error_type":"Validation"}')"""
)


@extend_schema_field({"type": "object", "additionalProperties": {"type": "number"}})
class Weights(Checked):
    """A weight for each of some tags."""


def refuse_empty(content: str, questions: list[str] | None) -> None:
    """Refuse what would have an empty text embedded: that is the questions where there are any, else the content."""
    if not ("\n".join(questions) if questions else content):
        raise Unhandled(EMPTY_TEXT)


def _whole(value: Any) -> int:
    if isinstance(value, str):
        return integer(value)
    if not isinstance(value, int | float):
        kind = type(value).__name__
        raise type_error(f"int() argument must be a string, a bytes-like object or a real number, not {kind!r}")
    return int(value)


def _keywords(value: Any) -> str:
    return "" if value is None else question_text(value, "keywords")


def _availability_if_any(value: Any) -> bool | None:
    return None if value is None else availability("available_int")(value)


def _tags(value: Any) -> list[str]:
    tags: list[str] = few(texts("`tag_kwd` should be a list")([] if value is None else value))
    if any(len(tag) > TAG_CHARS for tag in tags):
        raise TooLarge(f"A tag may have {TAG_CHARS} characters.")
    return tags


def _weights(value: Any) -> dict[str, float]:
    given = {} if value is None else value
    if not isinstance(given, dict) or not all(map(_weight, given.values())):
        raise ArgumentError(f"`tag_feas` should be an object of numbers up to {HEAVIEST:,}.")
    if len(given) > LIST_ITEMS or any(len(tag) > TAG_CHARS for tag in given):
        raise TooLarge(f"`tag_feas` may hold {LIST_ITEMS} tags of {TAG_CHARS} characters.")
    return given


def _weight(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= HEAVIEST


def _some_ids(value: Any) -> list[str]:
    refusal = ArgumentError("`chunk_ids` should be a list")
    if value is None:  # all chunks of a document, if it meant an empty list: nobody deletes that much by accident
        raise refusal
    given: list[str] = ids(refusal)(value)
    return given


class ChunksInput(serializers.Serializer[None]):
    """Which chunks to list."""

    doc_id = Text(str)
    page = Integer(_whole, absent=1)
    size = Integer(_whole, absent=30)
    keywords = Text(_keywords, absent="", help_text="Chunks that hold one of these words.")
    available_int = Integer(
        _availability_if_any, source="available", absent=None, help_text="1: those that searches find; 0: the others."
    )

    @staticmethod
    def query(given: Mapping[str, Any]) -> ChunkQuery:
        """From the values, checked."""
        return ChunkQuery(given["page"], given["size"], given["keywords"], given["available"])


class _Texts(serializers.Serializer[None]):
    """What of a chunk people type in; its lists are kept as they are sent."""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Items of lists are judged after the lists."""
        for name in ("important_keywords", "questions"):
            few(all_texts(attrs.get(name, [])))
        return attrs


class NewChunkInput(_Texts):
    """A new chunk."""

    doc_id = Text(str)
    content_with_weight = Text(addable, source="content")
    important_kwd = Texts(sequence("`important_kwd` is required to be a list"), source="important_keywords", absent=[])
    question_kwd = Texts(sequence("`question_kwd` is required to be a list"), source="questions", absent=[])
    tag_feas = Weights(_weights, source="tag_weights", help_text="Tag -> weight, for ranking.")


class ChunkEditInput(_Texts):
    """New values of a chunk; what is absent stays as it is."""

    doc_id = Text(str)
    chunk_id = Text(str)
    content_with_weight = Text(replacing, source="content")
    important_kwd = Texts(sequence("`important_kwd` should be a list"), source="important_keywords")
    question_kwd = Texts(sequence("`question_kwd` should be a list"), source="questions")
    tag_kwd = Texts(_tags, source="tags")
    tag_feas = Weights(_weights, source="tag_weights", help_text="Tag -> weight, for ranking.")
    available_int = Integer(
        availability("available_int"), source="available", help_text="1: searches find it; 0: they do not."
    )


class SwitchInput(serializers.Serializer[None]):
    """Chunks of a document that searches are to find, or not."""

    chunk_ids = Texts(_some_ids)
    available_int = Integer(
        availability("available_int"), source="available", help_text="1: searches find them; 0: they do not."
    )
    doc_id = Text(str)


class ChunkRemovalInput(serializers.Serializer[None]):
    """Chunks of a document to delete; an empty list for all of them."""

    chunk_ids = Texts(_some_ids)
    doc_id = Text(str)
