"""What the dataset routes accept (contract A.8, B.1)."""

import uuid
from collections import Counter
from typing import Any

from rest_framework.exceptions import ValidationError

from knowledgebases.api.parser_config_input import ParserConfigInput
from knowledgebases.models import Permission
from system.rest.validation import (
    QueryBoolean,
    QueryInteger,
    StrictChoice,
    StrictInteger,
    StrictList,
    StrictSerializer,
    StrictString,
)

CHUNK_METHODS = [
    *("naive", "book", "email", "laws", "manual", "one", "paper", "picture", "presentation", "qa", "table", "tag"),
]
_IMAGES = ["image/jpeg", "image/png"]
_TEXT_CHARS = 65_535
_IDS = 10_000  # of one request


class IdField(StrictString):
    """An id: a UUID of version 1 in any spelling, as its 32 hex digits."""

    def to_internal_value(self, data: Any) -> str:
        """The hex digits."""
        return uuid1_hex(super().to_internal_value(data))


class AvatarField(StrictString):
    """A picture as data URL."""

    def to_internal_value(self, data: Any) -> str:
        """The URL."""
        text = super().to_internal_value(data)
        if len(text) <= _TEXT_CHARS:  # longer ones are told only that
            _check_data_url(text)
        return text


class ModelField(StrictString):
    """An embedding model, `name@provider`."""

    def to_internal_value(self, data: Any) -> str:
        """The identifier, trimmed."""
        text = super().to_internal_value(data)
        name, at, provider = text.partition("@")
        if not at:
            raise ValidationError("Embedding model identifier must follow <model_name>@<provider> format")
        if not name or not provider:
            raise ValidationError("Both model_name and provider must be non-empty strings")
        if not name.strip() or not provider.strip():
            raise ValidationError("Model name and provider cannot be whitespace-only strings")
        return text


class DatasetInput(StrictSerializer):
    """A new dataset."""

    name = StrictString(max_length=128)
    avatar = AvatarField(
        max_length=_TEXT_CHARS, allow_null=True, allow_blank=True, trim_whitespace=False, required=False
    )
    description = StrictString(
        max_length=_TEXT_CHARS, allow_null=True, allow_blank=True, trim_whitespace=False, required=False
    )
    embedding_model = ModelField(max_length=255, allow_null=True, allow_blank=True, required=False)
    permission = StrictChoice(Permission.values, default=Permission.ME.value)
    chunk_method = StrictChoice(CHUNK_METHODS, default="naive")
    parser_config = ParserConfigInput(allow_null=True, required=False)


class DatasetChanges(DatasetInput):
    """Changes to a dataset; every field may be absent."""

    pagerank = StrictInteger(min_value=0, max_value=100, required=False)


class DatasetChangesAt(DatasetChanges):
    """Changes, and the id in the path: both are judged together."""

    dataset_id = IdField(allow_blank=True)


class DatasetIds(StrictSerializer):
    """Datasets to delete; null for all."""

    ids = StrictList(
        child=StrictString(allow_blank=True, trim_whitespace=False),
        allow_null=True,
        max_length=_IDS,
        error_messages={"max_length": "List should have at most {max_length} items"},
    )

    def validate_ids(self, ids: list[str] | None) -> list[str] | None:
        """The ids as hex digits, each once."""
        if ids is None:
            return None
        keys = [uuid1_hex(one) for one in ids]
        if repeated := [key for key, count in Counter(keys).items() if count > 1]:
            raise ValidationError(f"Duplicate ids: '{', '.join(repeated)}'")
        return keys


class DatasetQuery(StrictSerializer):
    """Which datasets to list."""

    id = IdField(allow_blank=True, required=False)
    name = StrictString(allow_blank=True, trim_whitespace=False, required=False)
    page = QueryInteger(min_value=1, default=1)
    page_size = QueryInteger(min_value=1, default=30)
    orderby = StrictChoice(["create_time", "update_time"], default="create_time")
    desc = QueryBoolean(default=True)


def uuid1_hex(text: str) -> str:
    """The 32 hex digits of a UUID version 1; raises ValidationError on anything else."""
    try:
        key = uuid.UUID(text)
    except ValueError:
        raise ValidationError("Invalid UUID1 format") from None
    if key.version != 1:
        raise ValidationError("Invalid UUID1 format")
    return key.hex


def _check_data_url(text: str) -> None:
    prefix, comma, _ = text.partition(",")
    if not comma:
        raise ValidationError("Missing MIME prefix. Expected format: data:<mime>;base64,<data>")
    if not prefix.startswith("data:"):
        raise ValidationError("Invalid MIME prefix format. Must start with 'data:'")
    if prefix.removeprefix("data:").split(";")[0] not in _IMAGES:
        raise ValidationError(f"Unsupported MIME type. Allowed: {_IMAGES}")
