"""Which documents were removed lately, for those who watch a dataset: the rows themselves are soon gone."""

from datetime import timedelta

from django.db import models
from django.db.models.functions import Now

KEPT = timedelta(hours=1)  # who comes back to a stream later than that is told to load everything anew


class Removed(models.Model):
    """A document that was removed from a dataset that is still there; written by triggers on documents alone."""

    kb_id = models.CharField(max_length=32)
    document_id = models.CharField(max_length=32)
    touched = models.BigIntegerField(help_text="The transaction that removed it.")
    removed_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "rag_removed"
        indexes = [
            models.Index(fields=["kb_id", "touched"], name="removed_touched"),
            models.Index(fields=["removed_at"], name="removed_at"),
        ]

    def __str__(self) -> str:
        return self.document_id

    @classmethod
    def forget(cls) -> int:
        """Drop what nobody is told of any more; returns how many rows went."""
        return cls.objects.filter(removed_at__lt=Now() - KEPT).delete()[0]
