"""Pages and order of lists (contract A.7)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self, TypeVar

from django.db.models import Model, QuerySet

from system.rest.failures import Unhandled, not_an_integer

M = TypeVar("M", bound=Model)

LARGEST = 100_000  # rows of one page
FURTHEST = 2**31  # rows; what lies beyond is empty, and no caller can overflow an OFFSET
DEFAULT_SIZE = 30


@dataclass(frozen=True, slots=True)
class Page:
    """Which rows of a list, in which order: `number` from 1, `size` rows, 0 for none."""

    number: int = 1
    size: int = DEFAULT_SIZE
    orderby: str = "created_at"
    descending: bool = True

    @classmethod
    def of(cls, query: Mapping[str, str], columns: Mapping[str, str]) -> Self:
        """From query parameters; empty ones count as absent, page 0 as 1.

        `columns` are the names that `orderby` may take on the wire, with their fields. Raises Unhandled where a number
        is none, or where there is no such column.
        """
        orderby = query.get("orderby") or "create_time"
        if orderby not in columns:
            raise Unhandled(f"Rows cannot be ordered by {orderby!r}; order them by one of: {', '.join(columns)}.")
        return cls(
            number=max(1, integer(query.get("page") or "1")),
            size=max(0, integer(query.get("page_size") or str(DEFAULT_SIZE))),
            orderby=columns[orderby],
            descending=query.get("desc", "").lower() != "false",
        )

    @classmethod
    def of_web(cls, query: Mapping[str, str], columns: Mapping[str, str]) -> Self:
        """The same for a list of the web API: all rows, unless both `page` and `page_size` are there and not 0."""
        page = cls.of(query, columns)
        paged = integer(query.get("page") or "0") and integer(query.get("page_size") or "0")
        return page if paged else replace(page, number=1, size=LARGEST)

    def of_rows(self, rows: QuerySet[M]) -> QuerySet[M]:
        """The rows of this page; rows with equal values keep a fixed order."""
        start = min((self.number - 1) * self.size, FURTHEST)
        sign = "-" if self.descending else ""
        ordered = rows.order_by(f"{sign}{self.orderby}", f"{sign}pk")
        end = start + min(self.size, LARGEST)
        if not start:
            return ordered[:end]
        # Rows in front of a far page cost their keys alone, not all that they are annotated with.
        return ordered.filter(pk__in=list(ordered.values_list("pk", flat=True)[start:end]))


def integer(text: str) -> int:
    """The integer that a query parameter spells."""
    try:
        return int(text)
    except ValueError:
        raise not_an_integer(text[:64]) from None
