"""What is known of a model's endpoint that fails."""

from django.db import models

from system.models import ModelEndpoint


class Circuit(models.Model):
    """The breaker of an endpoint: all processes go by the same one.

    closed: `open_until` is empty, and everybody calls. open: until then nobody does. half open, from then on: one does,
    `probe`, who has until `probe_until` to tell how it went. No row: it never failed.
    """

    endpoint = models.OneToOneField(ModelEndpoint, models.CASCADE, primary_key=True, related_name="circuit")
    failures = models.PositiveIntegerField(default=0, help_text="In a row.")
    open_until = models.DateTimeField(null=True)
    probe = models.CharField(max_length=32, default="")
    probe_until = models.DateTimeField(null=True)
    message = models.TextField(default="", help_text="Of the last failure.")
    failed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "rag_circuit"

    def __str__(self) -> str:
        return f"{self.endpoint_id}: {self.failures} failures"
