"""How documents were cut into passages, for the next time."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from documents.models.document import Document


class Cut(models.Model):
    """Where the passages of what is published began: a changed text is cut there again (`chunkers.landmarks`)."""

    document = models.OneToOneField(Document, models.CASCADE, primary_key=True, related_name="cut")
    by = models.CharField(max_length=64, help_text="Digest of the method, config and model that it was cut by.")
    beginnings = ArrayField(models.BigIntegerField())

    class Meta:
        db_table = "rag_cut"

    def __str__(self) -> str:
        return str(self.document_id)
