"""Room that is held for uploads under way."""

from django.db import models

from system.models import Tenant


class Reservation(models.Model):
    """Room for documents that are being taken in; what is stored of them is taken off in the same transaction.

    Nothing is held beyond `until`: who held it then has died, or is slower than anybody waits.
    """

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="+")
    documents = models.BigIntegerField(default=0)
    bytes = models.BigIntegerField(default=0)
    until = models.DateTimeField()

    class Meta:
        db_table = "rag_reservation"

    def __str__(self) -> str:
        return f"{self.documents} documents, {self.bytes} bytes of {self.tenant_id}"
