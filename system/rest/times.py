"""Times as the wire shows them (contract A.7)."""

from datetime import UTC, datetime
from typing import Any

from django.utils.http import http_date
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers


def milliseconds(moment: datetime) -> int:
    """Milliseconds since the epoch."""
    return int(moment.timestamp() * 1000)


def http(moment: datetime) -> str:
    """Such as `Tue, 11 Mar 2025 13:37:23 GMT`."""
    return http_date(moment.timestamp())


def plain(moment: datetime) -> str:
    """Such as `2025-03-11 13:37:23`, in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


@extend_schema_field(OpenApiTypes.INT64)
class Milliseconds(serializers.Field[datetime, Any, int, Any]):
    """A time in milliseconds since the epoch."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)

    def to_representation(self, value: datetime) -> int:
        """The number."""
        return milliseconds(value)


@extend_schema_field(OpenApiTypes.STR)
class HttpDate(serializers.Field[datetime, Any, str, Any]):
    """A time as an HTTP date."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)

    def to_representation(self, value: datetime) -> str:
        """The text."""
        return http(value)
