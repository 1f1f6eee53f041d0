"""What has changed in datasets since a moment, without gaps.

A moment is a snapshot of PostgreSQL: the transactions that were finished by then. Each row of a document or task holds
the number of the transaction that wrote it last; what a snapshot does not see yet has changed since, in whatever order
the commits came. A clock or a sequence could not tell: a transaction that began earlier may commit later.
"""

import re
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Self

from django.db import connection

from documents.models.removed import KEPT

MOST = 2000  # changed documents that are told one by one; who missed more does better to load them all

# `touched` of a database that was restored from another one may lie in the future, and says nothing then.
_CHANGED = """
WITH span AS MATERIALIZED (
  SELECT was, pg_snapshot_xmin(was)::text::bigint AS first,
    pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS past
  FROM (SELECT %(since)s::pg_snapshot AS was) AS moment),
changed(kb_id, id) AS (
  SELECT r.kb_id, r.id FROM span, rag_document r
  WHERE r.kb_id = ANY (%(kbs)s) AND r.touched >= first AND r.touched < past AND r.deleted_at IS NULL
    AND NOT pg_visible_in_snapshot(r.touched::text::xid8, was)
  UNION
  SELECT r.kb_id, r.document_id FROM span, rag_task r
  WHERE r.kb_id = ANY (%(kbs)s) AND r.touched >= first AND r.touched < past
    AND NOT pg_visible_in_snapshot(r.touched::text::xid8, was)
  UNION
  SELECT r.kb_id, r.document_id FROM span, rag_removed r
  WHERE r.kb_id = ANY (%(kbs)s) AND r.touched >= first AND r.touched < past
    AND NOT pg_visible_in_snapshot(r.touched::text::xid8, was)
  LIMIT %(most)s)
SELECT kb_id, id FROM changed
"""
_ID = re.compile(r"(\d{1,12})-(\d{1,19}):(\d{1,19}):((?:\d{1,19}(?:,\d{1,19}){0,200})?)")


@dataclass(frozen=True, slots=True)
class Moment:
    """A snapshot of the database, and roughly when it was taken (seconds since the epoch).

    As text, `1763718000-7501:7504:7502`, it is the id of an event: any process of the site understands it, at any time.
    """

    snapshot: str
    at: int

    def __str__(self) -> str:
        return f"{self.at}-{self.snapshot}"

    @classmethod
    def of(cls, text: str) -> Self | None:
        """The moment that an id of an event names; None where it names none, or one too long ago to be resumed."""
        found = _ID.fullmatch(text.strip())
        if not found or not 0 <= time.time() - int(found[1]) < KEPT.total_seconds():
            return None
        first, past = int(found[2]), int(found[3])
        between = [int(one) for one in found[4].split(",") if one]
        sound = 0 < first <= past < 2**63 and between == sorted(set(between))
        if not sound or (between and not first <= between[0] <= between[-1] < past):
            return None
        return cls(f"{first}:{past}:{','.join(map(str, between))}", int(found[1]))

    @classmethod
    def now(cls) -> Self:
        """This one."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_current_snapshot()::text")
            return cls(cursor.fetchone()[0], int(time.time()))

    def is_after(self, other: Self) -> bool:
        """Whether transactions had begun by then that had not by the `other`."""
        return int(self.snapshot.split(":")[1]) > int(other.snapshot.split(":")[1])


def since(moment: Moment, kb_ids: Collection[str]) -> frozenset[tuple[str, str]] | None:
    """Dataset and id of each document of these datasets that changed since `moment`, removed ones too.

    None where they are more than MOST.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CHANGED, {"since": moment.snapshot, "kbs": sorted(kb_ids), "most": MOST + 1})
        changed = frozenset(cursor.fetchall())
    return changed if len(changed) <= MOST else None
