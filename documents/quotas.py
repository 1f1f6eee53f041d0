"""How much a tenant may store, and have queued: room is asked for before anything is done, and for all of it.

Use is read from the counters of the tenant's datasets, which the database moves with the documents: a row for each
dataset, however many documents wait. A document counts as queued from its start until it is done, has failed or was
stopped.

Two quotas, two answers. The queue gets shorter by itself: 429, with a time to come back at. What is stored stays until
somebody removes it: 413 without a time, so that no client tries again and again. A call that asks for more than the
whole quota is 413, too: no waiting makes it fit.
"""

from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.db.models import Count, F, Sum
from django.utils import timezone

from documents.models import Document, Reservation, Run
from system.errors import TooLarge, TooMany
from system.models import Membership, Tenant

if TYPE_CHECKING:
    from system.models import User

RETRY_SECONDS = 30  # until some of a queue that is full are done
HELD = timedelta(hours=1)  # the longest that an upload keeps its room
FORM_BYTES = 64 << 10  # of a multipart body that may be its own: boundaries, headers, fields

_USE = """
SELECT stored.documents + held.documents, stored.bytes + held.bytes, queued_documents, queued_bytes FROM
  (SELECT coalesce(sum(doc_num), 0) AS documents, coalesce(sum(byte_num), 0) AS bytes,
          coalesce(sum(queued_num), 0) AS queued_documents, coalesce(sum(queued_bytes), 0) AS queued_bytes
   FROM rag_knowledgebase WHERE tenant_id = %(tenant)s AND deleted_at IS NULL) stored,
  (SELECT coalesce(sum(documents), 0) AS documents, coalesce(sum(bytes), 0) AS bytes
   FROM rag_reservation WHERE tenant_id = %(tenant)s AND until > statement_timestamp() AND id <> %(but)s) held
"""
_CURES = {
    "documents": "Remove documents",
    "bytes": "Remove documents",
    "queued_documents": "Start fewer at once",
    "queued_bytes": "Start fewer at once",
}
_WORDS = {
    "documents": "documents",
    "bytes": "bytes of files",
    "queued_documents": "documents being processed",
    "queued_bytes": "bytes of documents being processed",
}


@dataclass(frozen=True, slots=True)
class Use:
    """What a tenant has, in the terms of its quotas; room that is held for uploads under way counts as stored."""

    documents: int
    bytes: int
    queued_documents: int
    queued_bytes: int


def use_of(tenant: Tenant, *, but: int = 0) -> Use:
    """What `tenant` has now, not counting the reservation `but`."""
    with connection.cursor() as cursor:
        cursor.execute(_USE, {"tenant": tenant.pk, "but": but})
        return Use(*map(int, cursor.fetchone()))


class Room:
    """Room of a tenant for an upload under way."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self._reservation = 0

    @transaction.atomic
    def hold(self, *, documents: int, size: int) -> None:
        """Hold room for so many documents of `size` bytes together, instead of what was held before.

        Raises TooLarge where the tenant has not that much left. Of two callers at the same time one sees what the other
        holds: the tenant's row is locked.
        """
        quotas = self.tenant.quotas
        if not (quotas.documents or quotas.bytes):
            return
        Tenant.objects.select_for_update(no_key=True).get(pk=self.tenant.pk)
        use = use_of(self.tenant, but=self._reservation)
        for name, wanted in (("documents", documents), ("bytes", size)):
            _check(name, wanted, use=use, tenant=self.tenant)
        held = {"documents": documents, "bytes": size, "until": timezone.now() + HELD}
        Reservation.objects.filter(tenant=self.tenant, until__lte=timezone.now()).delete()
        if not Reservation.objects.filter(pk=self._reservation).update(**held):
            self._reservation = Reservation.objects.create(tenant=self.tenant, **held).pk

    def take(self, size: int) -> None:
        """A document of `size` bytes is stored, in the caller's transaction: that much less is to be held."""
        if self._reservation:
            rows = Reservation.objects.filter(pk=self._reservation)
            rows.update(documents=F("documents") - 1, bytes=F("bytes") - size)

    def give_back(self) -> None:
        """Hold nothing any more; twice is no harm."""
        if self._reservation:
            Reservation.objects.filter(pk=self._reservation).delete()
            self._reservation = 0


@contextmanager
def room(tenant: Tenant, *, body: int = 0) -> Iterator[Room]:
    """Room for the upload that the block takes in, whose body has `body` bytes; given back at its end.

    How many bytes are the files' is known when the body was read: `uploads.add` holds as much. Raises TooLarge.
    """
    held = Room(tenant)
    try:
        if files := max(0, body - FORM_BYTES):
            held.hold(documents=1, size=files)
        yield held
    finally:
        held.give_back()


def expect(user: "User", *, body: int) -> None:
    """Refuse a body that no tenant has room for that `user` may upload to; where it is to go is known later."""
    refusal: TooLarge | None = None
    for member in Membership.objects.joined().held_by(user).select_related("tenant"):
        try:
            _check("bytes", max(1, body - FORM_BYTES), use=use_of(member.tenant), tenant=member.tenant)
        except TooLarge as error:
            refusal = error
        else:
            return
    if refusal:
        raise refusal


@contextmanager
def queueing(document_ids: Collection[str]) -> Iterator[None]:
    """Room in the queue for the documents that the block starts: for all of them, or it is not entered.

    Those that are being processed already are started anew without more room. Callers of one tenant take turns, however
    many transactions they make; a caller inside a transaction, who holds locks, goes by what is queued at the moment.
    Raises TooMany, or TooLarge.
    """
    with ExitStack() as turns:
        for tenant, documents, size in _wanted(document_ids):
            if not connection.in_atomic_block:
                turns.enter_context(_turn(tenant))
            use = use_of(tenant)
            for name, wanted in (("queued_documents", documents), ("queued_bytes", size)):
                _check(name, wanted, use=use, tenant=tenant)
        yield


def _wanted(document_ids: Collection[str]) -> list[tuple[Tenant, int, int]]:
    """How many documents, of how many bytes, come to the queue of which tenant; without those that have no quota."""
    rows = Document.objects.live().filter(pk__in=document_ids).exclude(run=Run.RUNNING).order_by()
    sums = rows.values_list("kb__tenant").annotate(Count("pk"), Sum("size"))
    wanted = {tenant: (documents, size) for tenant, documents, size in sums}
    tenants = Tenant.objects.filter(pk__in=wanted).order_by("pk")
    return [
        (tenant, *wanted[tenant.pk])
        for tenant in tenants
        if tenant.quotas.queued_documents or tenant.quotas.queued_bytes
    ]


@contextmanager
def _turn(tenant: Tenant) -> Iterator[None]:
    """Have no other call queue documents of `tenant` meanwhile; the lock goes with the connection, whatever happens."""
    key = [f"queueing {tenant.pk}"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", key)
    try:
        yield
    finally:
        if connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", key)


def _check(name: str, wanted: int, *, use: Use, tenant: Tenant) -> None:
    """Raise TooMany or TooLarge where `wanted` more are beyond the quota called `name`."""
    quota, used = getattr(tenant.quotas, name), getattr(use, name)
    if not quota or not wanted or used + wanted <= quota:
        return
    told = f"`{tenant.name}` may have {quota:,} {_WORDS[name]}; it has {used:,}, and {wanted:,} more are asked for."
    cure = f"{_CURES[name]}, or have the site's operator raise the quota `{name}` of the tenant."
    if name.startswith("queued") and wanted <= quota:
        raise TooMany(
            f"{told} Try again in {RETRY_SECONDS} s, when some are done. {cure}",
            headers={"Retry-After": str(RETRY_SECONDS)},
        )
    raise TooLarge(f"{told} {cure}")
