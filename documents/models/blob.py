"""Stored bytes: the intent is a row before the bytes are written, so nothing can be orphaned unseen."""

from datetime import timedelta
from typing import Self

from django.db import models
from django.utils import timezone

from system.models import Tenant
from system.models.base import Row


class BlobState(models.TextChoices):
    """pending: being written; live: some row needs it; dead: the sweeper takes it after the grace period.

    lost: needed, but storage has its bytes no more, or other ones (`manage.py fsck` says so, and finds them again).
    """

    PENDING = "pending"
    LIVE = "live"
    DEAD = "dead"
    LOST = "lost"


class BlobQuerySet(models.QuerySet["Blob"]):
    """Rules over blobs."""

    def mark(self, state: BlobState) -> int:
        """Move to `state`, noting when; returns how many rows."""
        return self.update(state=state, changed_at=timezone.now())

    def sweepable(self, *, grace_seconds: float) -> Self:
        """Blobs nobody needs: dead, or never finished, for longer than the grace period."""
        before = timezone.now() - timedelta(seconds=grace_seconds)
        return self.exclude(state=BlobState.LIVE).filter(changed_at__lt=before)


class Blob(Row):
    """A key in file storage. A user's file name never becomes part of it."""

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="+")
    key = models.CharField(max_length=255, unique=True, editable=False)
    state = models.CharField(max_length=8, choices=BlobState, default=BlobState.PENDING)
    size = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, default="", editable=False)
    changed_at = models.DateTimeField(default=timezone.now)

    objects = BlobQuerySet.as_manager()

    class Meta:
        db_table = "rag_blob"
        indexes = [models.Index(fields=["changed_at"], name="blob_unneeded", condition=~models.Q(state=BlobState.LIVE))]

    def __str__(self) -> str:
        return self.key
