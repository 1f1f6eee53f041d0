"""Which documents of a dataset a list shows, and in which order (contract B.2, C.5)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from documents.models import Document
from documents.models.document import DocumentQuerySet
from system.rest.pagination import integer
from system.rest.times import milliseconds

# The names that `orderby` may take: those of the wire and those of the reference's columns.
ORDER = {
    **dict.fromkeys(["create_time", "create_date"], "created_at"),
    **dict.fromkeys(["update_time", "update_date"], "updated_at"),
    **dict.fromkeys(["chunk_num", "chunk_count"], "chunk_num"),
    **dict.fromkeys(["token_num", "token_count"], "token_num"),
    **dict.fromkeys(["parser_id", "chunk_method"], "parser_id"),
    **{name: name for name in ("id", "name", "size", "type", "suffix", "run", "progress", "created_by")},
    **{name: name for name in ("process_begin_at", "process_duration", "source_type", "location")},
    "status": "enabled",
}


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What documents have to be; empty values ask nothing."""

    keywords: str = ""
    suffixes: Sequence[str] = ()
    runs: Sequence[str] = ()
    types: Sequence[str] = ()

    def of_rows(self, rows: DocumentQuerySet) -> DocumentQuerySet:
        """The rows that are so."""
        given = {
            "name__icontains": self.keywords,
            "suffix__in": [suffix.lower() for suffix in self.suffixes],
            "run__in": self.runs,
            "type__in": self.types,
        }
        return rows.filter(**{lookup: value for lookup, value in given.items() if value})


@dataclass(frozen=True, slots=True)
class Period:
    """When documents have to be made, in ms since the epoch; 0 is open. The contract asks it of one page alone."""

    since: int
    until: int

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Self:
        """From query parameters; raises Unhandled for numbers that are none."""
        return cls(
            since=integer(query.get("create_time_from") or "0"),
            until=integer(query.get("create_time_to") or "0"),
        )

    def of_page(self, rows: Iterable[Document]) -> list[Document]:
        """The rows of a page that were made then."""
        return [
            row
            for row in rows
            if (not self.since or milliseconds(row.created_at) >= self.since)
            and (not self.until or milliseconds(row.created_at) <= self.until)
        ]


KEYWORDS = OpenApiParameter("keywords", str, description="Part of the name, whatever its case.")
IN_ORDER = [
    OpenApiParameter("create_time_from", OpenApiTypes.INT64, description="Milliseconds; applied after paging."),
    OpenApiParameter("create_time_to", OpenApiTypes.INT64, description="Milliseconds; applied after paging."),
    OpenApiParameter("orderby", str, enum=sorted(ORDER), description="`create_time` unless given."),
    OpenApiParameter("desc", bool, description="True unless `false`."),
]
