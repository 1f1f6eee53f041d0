"""Pages and order of lists (contract A.7)."""

from collections.abc import Mapping
from dataclasses import dataclass
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

    def of_rows(self, rows: QuerySet[M]) -> QuerySet[M]:
        """The rows of this page; rows with equal values keep a fixed order."""
        start = min((self.number - 1) * self.size, FURTHEST)
        sign = "-" if self.descending else ""
        return rows.order_by(f"{sign}{self.orderby}", f"{sign}pk")[start : start + min(self.size, LARGEST)]


def integer(text: str) -> int:
    """The integer that a query parameter spells."""
    try:
        return int(text)
    except ValueError:
        raise not_an_integer(text[:64]) from None
