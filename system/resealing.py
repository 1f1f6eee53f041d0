"""Sealed columns moved to the first of the site's keys."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db import models, transaction

from system.errors import Misconfigured
from system.models import APIToken, ModelEndpoint
from system.secrets import reseal

BATCH = 500  # rows locked at a time
SEALED: tuple[tuple[type[models.Model], Sequence[str]], ...] = (
    (APIToken, ("sealed", "beta_sealed")),
    (ModelEndpoint, ("sealed_key",)),
)
"""Every table with sealed columns."""


@dataclass(frozen=True, slots=True)
class Resealed:
    """How many rows of a table are under the first key, and which ones no key opens."""

    model: type[models.Model]
    rows: int
    lost: Sequence[str]


def reseal_all() -> Iterator[Resealed]:
    """Seal every secret of the site anew, table by table; a row that no key opens stays as it is.

    Runs beside a site in service: rows are locked a batch at a time. May be cut short and called again.
    """
    for model, columns in SEALED:
        rows, last = 0, ""
        lost: list[str] = []
        while batch := _next_batch(model, columns, after=last):
            rows += len(batch.moved)
            lost += batch.lost
            last = batch.last
        yield Resealed(model, rows, lost)


@dataclass(frozen=True, slots=True)
class _Batch:
    moved: Sequence[models.Model]
    lost: Sequence[str]
    last: str


@transaction.atomic
def _next_batch(model: type[models.Model], columns: Sequence[str], *, after: str) -> _Batch | None:
    found = model._default_manager.filter(pk__gt=after).order_by("pk").select_for_update(no_key=True).only(*columns)
    rows = list(found[:BATCH])
    moved: list[models.Model] = []
    lost: list[str] = []
    for row in rows:
        try:
            for column in columns:
                if sealed := getattr(row, column):
                    setattr(row, column, reseal(sealed))
        except Misconfigured:
            lost.append(str(row.pk))
        else:
            moved.append(row)
    model._default_manager.bulk_update(moved, columns)
    return _Batch(moved, lost, str(rows[-1].pk)) if rows else None
