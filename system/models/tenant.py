"""Tenants: whose datasets, tokens and models these are; and who has joined them."""

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models

from system.models.base import Row

if TYPE_CHECKING:
    from system.models.user import User

PARSER_IDS = (
    "naive:General,qa:Q&A,resume:Resume,manual:Manual,table:Table,paper:Paper,book:Book,laws:Laws,"
    "presentation:Presentation,picture:Picture,one:One,audio:Audio,email:Email,tag:Tag"
)
_NAME = "{}‘s Kingdom"  # contract C.1
DEFAULT_EMBEDDING_MODEL = "all-MiniLM-L6-v2@Builtin"


@dataclass(frozen=True, slots=True)
class Quotas:
    """How much a tenant may have; 0: any number."""

    documents: int
    """Documents that are stored."""
    bytes: int
    """Bytes of their files."""
    queued_documents: int
    """Documents that wait to be ingested, or are."""
    queued_bytes: int
    """Bytes of their files."""


class TenantQuerySet(models.QuerySet["Tenant"]):
    """Makes tenants, and tells whose they are."""

    def owned_by(self, user: "User") -> Self:
        """The one tenant that `user` may set up, and invite others to."""
        return self.filter(owner=user)

    def give_to(self, user: "User") -> "Tenant":
        """The tenant of `user`, with its owner membership, made where there is none; twice is no harm."""
        shown = (user.nickname or user.email)[: 100 - len(_NAME)]
        self.bulk_create([self.model(pk=user.pk, owner=user, name=_NAME.format(shown))], ignore_conflicts=True)
        membership = Membership(tenant_id=user.pk, user=user, role=Role.OWNER, invited_by=user)
        Membership.objects.bulk_create([membership], ignore_conflicts=True)
        return self.get(pk=user.pk)


def _quota(name: str, meaning: str) -> "models.BigIntegerField[int | None, int | None]":
    told = f"{meaning} 0: any number. Empty: the site's default."
    return models.PositiveBigIntegerField(f"quota of {name}", null=True, blank=True, help_text=told)


class Tenant(Row):
    """The owner of datasets: every user has one tenant of their own, with the same id, and may join others."""

    name = models.CharField(max_length=100)
    owner = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="tenant")
    members: "models.ManyToManyField[User, Membership]" = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        through="Membership",
        through_fields=("tenant", "user"),
        related_name="tenants",
    )
    public_key = models.CharField(max_length=255, null=True, blank=True)
    embd_id = models.CharField("embedding model", max_length=128, default=DEFAULT_EMBEDDING_MODEL, blank=True)
    llm_id = models.CharField("chat model", max_length=128, default="", blank=True)
    asr_id = models.CharField("speech model", max_length=128, default="", blank=True)
    img2txt_id = models.CharField("image model", max_length=128, default="", blank=True)
    rerank_id = models.CharField("rerank model", max_length=128, default="", blank=True)
    tts_id = models.CharField("voice model", max_length=256, null=True, blank=True)
    parser_ids = models.CharField("chunk methods", max_length=256, default=PARSER_IDS)
    credit = models.IntegerField(default=512)
    quota_documents = _quota("documents", "Documents that may be stored.")
    quota_bytes = _quota("bytes", "Bytes of files that may be stored.")
    quota_queued_documents = _quota("queued documents", "Documents that may wait for ingestion at the same time.")
    quota_queued_bytes = _quota("queued bytes", "Bytes of files that may wait for ingestion at the same time.")

    objects = TenantQuerySet.as_manager()

    class Meta:
        db_table = "rag_tenant"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def quotas(self) -> Quotas:
        """The tenant's own, and the site's where it has none of its own."""
        own = {field.name: getattr(self, f"quota_{field.name}") for field in fields(Quotas)}
        return Quotas(**{name: settings.RAG_QUOTAS[name] if value is None else value for name, value in own.items()})


class Role(models.TextChoices):
    """What a member may do; `invite` has not joined yet."""

    OWNER = "owner"
    ADMIN = "admin"
    NORMAL = "normal"
    INVITE = "invite"


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Rules over memberships."""

    def held_by(self, user: "User") -> Self:
        """Those that `user` has in any role, invitations too."""
        return self.filter(user=user)

    def joined(self) -> Self:
        """Those that give rights: the invited have none yet, the disabled none any more."""
        return self.exclude(role=Role.INVITE).filter(user__is_active=True)


class Membership(Row):
    """A user in a tenant."""

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=32, choices=Role, default=Role.NORMAL)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="invitations"
    )

    objects = MembershipQuerySet.as_manager()

    class Meta:
        db_table = "rag_membership"
        ordering = ["created_at"]
        constraints = [models.UniqueConstraint(fields=["tenant", "user"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} in {self.tenant} ({self.role})"
