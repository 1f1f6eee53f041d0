"""Remote models that a tenant may call, with their sealed keys."""

from django.core.validators import MinValueValidator
from django.db import models

from system.models.base import Row
from system.models.tenant import Tenant
from system.secrets import seal, unseal


class ModelType(models.TextChoices):
    """What a model does."""

    CHAT = "chat"
    EMBEDDING = "embedding"
    SPEECH = "speech2text"
    IMAGE = "image2text"
    RERANK = "rerank"
    VOICE = "tts"


class ModelEndpoint(Row):
    """A model of a provider set up for a tenant: `name@provider`, called at `base_url` with a sealed key."""

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="endpoints")
    provider = models.CharField(max_length=128)
    name = models.CharField(max_length=128)
    model_type = models.CharField(max_length=16, choices=ModelType, default=ModelType.EMBEDDING)
    base_url = models.URLField(max_length=255, help_text="Up to and including /v1; /embeddings is appended.")
    sealed_key = models.TextField(editable=False, default="")
    dimension = models.PositiveIntegerField(
        null=True, blank=True, help_text="Length of a vector; found out at the first call where empty."
    )
    concurrency = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Requests that ingestion sends at the same time. Empty: the site's default.",
    )

    class Meta:
        db_table = "rag_model_endpoint"
        ordering = ["provider", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "provider", "name", "model_type"],
                name="model_endpoint_once",
                violation_error_message="This tenant has that model already.",
            )
        ]

    def __str__(self) -> str:
        return self.model_id

    @property
    def model_id(self) -> str:
        """The identifier that datasets store."""
        return f"{self.name}@{self.provider}"

    @property
    def api_key(self) -> str:
        """The key in clear; never to be shown or logged."""
        return unseal(self.sealed_key) if self.sealed_key else ""

    @api_key.setter
    def api_key(self, value: str) -> None:
        self.sealed_key = seal(value) if value else ""
