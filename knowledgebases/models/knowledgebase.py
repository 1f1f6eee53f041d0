"""Knowledge bases (datasets on the wire), and who reaches them."""

from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Lower

from system.models import Membership, Role, Tenant
from system.models.base import Row

if TYPE_CHECKING:
    from system.models import User


class Permission(models.TextChoices):
    """Who of a tenant sees a dataset: its creator, or every member."""

    ME = "me"
    TEAM = "team"


class Method(models.TextChoices):
    """Chunk methods of the contract (E.1)."""

    NAIVE = "naive"
    QA = "qa"
    RESUME = "resume"
    MANUAL = "manual"
    TABLE = "table"
    PAPER = "paper"
    BOOK = "book"
    LAWS = "laws"
    PRESENTATION = "presentation"
    PICTURE = "picture"
    ONE = "one"
    AUDIO = "audio"
    EMAIL = "email"
    TAG = "tag"
    KNOWLEDGE_GRAPH = "knowledge_graph"


class EmbeddingSpace(models.Model):
    """Vectors that may be compared: one model, one revision, one dimension. Spaces never mix in a search."""

    model_id = models.CharField(max_length=128)
    revision = models.CharField(max_length=64)
    dimension = models.PositiveIntegerField()
    floor = models.FloatField(help_text="Mean cosine of unrelated pairs, the zero of vector similarity.")

    class Meta:
        db_table = "rag_embedding_space"
        constraints = [
            models.UniqueConstraint(fields=["model_id", "revision", "dimension"], name="embedding_space_once")
        ]

    def __str__(self) -> str:
        return f"{self.model_id} ({self.dimension})"


COUNTERS = ["doc_num", "chunk_num", "token_num", "byte_num", "queued_num", "queued_bytes"]


class KnowledgebaseQuerySet(models.QuerySet["Knowledgebase"]):
    """Rules over sets of knowledge bases: who reaches them."""

    def live(self) -> Self:
        """Rows that are not deleted."""
        return self.filter(deleted_at=None)

    def named(self, name: str) -> Self:
        """Rows with that name whatever its case, as the unique constraint compares names."""
        return self.alias(folded=Lower("name")).filter(folded=Lower(Value(name)))

    def visible_to(self, user: "User") -> Self:
        """Rows `user` may read: those of joined tenants that are shared or their own."""
        joined = Membership.objects.joined().filter(user=user).values("tenant")
        rows = self.live().filter(Q(permission=Permission.TEAM) | Q(created_by=user), tenant__in=joined)
        return rows if user.only_datasets is None else rows.filter(pk__in=user.only_datasets)

    def editable_by(self, user: "User") -> Self:
        """Rows whose settings `user` may change: their own, and shared ones of tenants whose admin they are."""
        ruled = Membership.objects.joined().filter(user=user, role__in=[Role.OWNER, Role.ADMIN]).values("tenant")
        return self.visible_to(user).filter(Q(created_by=user) | Q(tenant__in=ruled))

    def deletable_by(self, user: "User") -> Self:
        """Rows `user` may delete: those they made."""
        return self.visible_to(user).filter(created_by=user)

    def owned_by(self, user: "User") -> Self:
        """Rows of `user`'s own tenant: what the REST API lets a token's owner change."""
        return self.visible_to(user).filter(tenant_id=user.pk)


class Knowledgebase(Row):
    """A dataset: documents, their chunks, and how they are cut, embedded and searched.

    The counters (COUNTERS) follow the rows by trigger; nothing else may write them.
    """

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="knowledgebases")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    name = models.CharField(max_length=128)
    avatar = models.TextField(null=True, blank=True)
    language = models.CharField(max_length=32, default="English")
    description = models.TextField(null=True, blank=True)
    embd_id = models.CharField("embedding model", max_length=255)
    space = models.ForeignKey(EmbeddingSpace, models.PROTECT, null=True, blank=True, editable=False, related_name="+")
    permission = models.CharField(max_length=16, choices=Permission, default=Permission.ME)
    parser_id = models.CharField("chunk method", max_length=32, choices=Method, default=Method.NAIVE)
    parser_config = models.JSONField(default=dict, blank=True)
    pipeline_id = models.CharField(max_length=32, null=True, blank=True)
    similarity_threshold = models.FloatField(default=0.2)
    vector_similarity_weight = models.FloatField(default=0.3)
    pagerank = models.PositiveIntegerField(default=0)
    doc_num = models.BigIntegerField("documents", default=0, editable=False)
    chunk_num = models.BigIntegerField("chunks", default=0, editable=False)
    token_num = models.BigIntegerField("tokens", default=0, editable=False)
    byte_num = models.BigIntegerField("bytes", default=0, editable=False)
    queued_num = models.BigIntegerField("documents being processed", default=0, editable=False)
    queued_bytes = models.BigIntegerField("bytes being processed", default=0, editable=False)
    paused_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="Since when its documents wait to be ingested; empty: they don't.",
    )
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = KnowledgebaseQuerySet.as_manager()

    class Meta:
        db_table = "rag_knowledgebase"
        verbose_name = "dataset"
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                F("tenant"), Lower("name"), name="knowledgebase_name", condition=Q(deleted_at=None)
            ),
            models.CheckConstraint(
                condition=Q(doc_num__gte=0, chunk_num__gte=0, token_num__gte=0), name="knowledgebase_counters"
            ),
            models.CheckConstraint(
                condition=Q(byte_num__gte=0, queued_num__gte=0, queued_bytes__gte=0), name="knowledgebase_use"
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "-created_at"], name="knowledgebase_recent"),
            models.Index(fields=["deleted_at"], name="knowledgebase_dead", condition=~Q(deleted_at=None)),
            models.Index(fields=["paused_at"], name="knowledgebase_paused", condition=~Q(paused_at=None)),
        ]

    def __str__(self) -> str:
        return self.name

    def refresh(self) -> Self:
        """Counters as they are now."""
        self.refresh_from_db(fields=COUNTERS)
        return self

    def save(self, **kwargs: Any) -> None:
        """Save all but the counters and the pause: others move those, a stale copy must not undo it."""
        if not self._state.adding and kwargs.get("update_fields") is None:
            fields = {field.name for field in self._meta.concrete_fields if not field.primary_key}
            kwargs["update_fields"] = fields - {*COUNTERS, "paused_at"}
        super().save(**kwargs)
