"""API tokens: issued, shown, rotated, revoked (design: security.md, "API tokens")."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from system import reach
from system.models.base import Row
from system.models.tenant import Tenant
from system.secrets import seal, unseal

PREFIX = "ragflow-"  # the shape that existing clients expect
TOUCH_EVERY = timedelta(minutes=1)  # last_used_at is written at most that often: one row is not a hot spot
ROTATION_OVERLAP = timedelta(hours=24)


class Scope(models.TextChoices):
    """What a token may do; `admin` implies the others, `write` implies `read`.

    `admin` alone may delete datasets, the one thing that a program for daily use never has to.
    """

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


def digest(value: str) -> str:
    """SHA-256 of a token value, the look-up key: 256 bits of entropy need no slow hash."""
    return hashlib.sha256(value.encode()).hexdigest()


def all_scopes() -> list[str]:
    """Scopes of a token unless somebody narrows them."""
    return [Scope.READ, Scope.WRITE, Scope.ADMIN]


class APITokenQuerySet(models.QuerySet["APIToken"]):
    """Rules over tokens."""

    def active(self) -> Self:
        """Tokens that open the door at this moment: not revoked, not expired, of an owner who is still active."""
        now = timezone.now()
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None, tenant__owner__is_active=True)

    def matching(self, value: str) -> Self:
        """The active token with that value, or the one it replaced less than an overlap ago."""
        key = digest(value)
        return self.active().filter(Q(digest=key) | Q(previous_digest=key, previous_until__gt=timezone.now()))

    def with_betas(self) -> list["APIToken"]:
        """The tokens, each with a `beta` that can be shown: where values are readable, a missing one is drawn now.

        It is missing on tokens from a time when values were not readable.
        """
        if settings.RAG_TOKENS_READABLE:
            with transaction.atomic():
                bare = list(self.filter(beta_sealed="").select_for_update(of=("self",)))
                for token in bare:
                    token._draw_beta()
                self.model.objects.bulk_update(bare, ["beta_digest", "beta_sealed"])
        return list(self)


class APIToken(Row):
    """A bearer token of a tenant; its value is kept as digest, and sealed where it may be shown again."""

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="tokens")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="tokens")
    name = models.CharField(max_length=128, default="", blank=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    sealed = models.TextField(editable=False, default="")
    hint = models.CharField(max_length=32, editable=False)
    beta_digest = models.CharField(max_length=64, unique=True, editable=False)
    beta_sealed = models.TextField(editable=False, default="")
    previous_digest = models.CharField(max_length=64, default="", blank=True, editable=False, db_index=True)
    previous_until = models.DateTimeField(null=True, blank=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=8, choices=Scope), default=all_scopes)
    datasets = ArrayField(
        models.CharField(max_length=32),
        null=True,
        blank=True,
        help_text="Ids of the datasets that it opens; empty: all of its tenant's, and those of joined tenants.",
    )
    dialog_id = models.CharField(max_length=32, null=True, blank=True)
    source = models.CharField(max_length=16, null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_ip = models.GenericIPAddressField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = APITokenQuerySet.as_manager()

    _drawn_beta: str | None = None

    class Meta:
        db_table = "rag_api_token"
        verbose_name = "API token"
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name or self.hint

    @classmethod
    def issue(
        cls,
        tenant: Tenant,
        *,
        created_by: models.Model | None = None,
        name: str = "",
        scopes: list[str] | None = None,
        datasets: list[str] | None = None,
        expires_at: datetime | None = None,
    ) -> tuple["APIToken", str]:
        """A new token and its value, which is not to be had again where values are not readable.

        `datasets` limits it to these; None is no limit. Raises as `reach.checked` does.
        """
        token = cls(
            tenant=tenant,
            created_by_id=created_by.pk if created_by else None,
            name=name,
            scopes=scopes or all_scopes(),
            datasets=None if datasets is None else reach.checked(tenant, datasets),
            expires_at=expires_at,
        )
        value = token._draw()
        token._draw_beta()
        token.save(force_insert=True)
        return token, value

    def limit(self, datasets: list[str] | None) -> None:
        """Have the token open these datasets only, None for all in reach; not saved yet.

        Datasets that it was limited to already may stay though they are deleted by now. Raises as `reach.checked` does.
        """
        if datasets is not None:
            datasets = reach.checked(self.tenant, datasets, kept=self.datasets or [])
        self.datasets = datasets

    def rotate(self, *, overlap: timedelta = ROTATION_OVERLAP) -> str:
        """A new value; the old one stays valid for `overlap`, the one before the old ends now. `beta` stays."""
        self.previous_digest, self.previous_until = self.digest, timezone.now() + overlap
        value = self._draw()
        self.save(update_fields=["previous_digest", "previous_until", "digest", "sealed", "hint"])
        return value

    def revoke(self) -> None:
        """Close the door at once; twice is no harm."""
        if self.revoked_at is None:
            self.revoked_at = timezone.now()
            self.save(update_fields=["revoked_at"])

    def touch(self, ip: str | None) -> None:
        """Note the use, at most once a minute."""
        now = timezone.now()
        if self.last_used_at is None or now - self.last_used_at > TOUCH_EVERY:
            self.last_used_at, self.last_ip = now, ip
            type(self).objects.filter(pk=self.pk).update(last_used_at=now, last_ip=ip)

    @property
    def value(self) -> str | None:
        """The token value; None where values are not readable."""
        return unseal(self.sealed) if self.sealed else None

    @property
    def beta(self) -> str | None:
        """The share token, a secret of its own for embedded widgets.

        Where values are not readable, None but for the instance that has just drawn it.
        """
        return unseal(self.beta_sealed) if self.beta_sealed else self._drawn_beta

    @property
    def state(self) -> str:
        """`active`, `revoked` or `expired`, to be shown."""
        if self.revoked_at:
            return "revoked"
        return "expired" if self.expires_at and self.expires_at <= timezone.now() else "active"

    def allows(self, scope: Scope) -> bool:
        """Whether the token may do what `scope` names."""
        order = [Scope.READ, Scope.WRITE, Scope.ADMIN]
        return any(order.index(Scope(held)) >= order.index(scope) for held in self.scopes)

    def _draw(self) -> str:
        value = PREFIX + secrets.token_urlsafe(32)
        self.digest = digest(value)
        self.sealed = seal(value) if settings.RAG_TOKENS_READABLE else ""
        self.hint = f"{value[:12]}…{value[-4:]}"
        return value

    def _draw_beta(self) -> None:
        beta = secrets.token_urlsafe(24)
        self.beta_digest, self._drawn_beta = digest(beta), beta
        self.beta_sealed = seal(beta) if settings.RAG_TOKENS_READABLE else ""
