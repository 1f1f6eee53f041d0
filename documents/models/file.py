"""Files of a tenant in folders; a document made by upload has its file under `.knowledgebase/<dataset>`."""

from django.conf import settings
from django.db import models

from documents.models.blob import Blob
from knowledgebases.models import Knowledgebase
from system.models import Tenant
from system.models.base import Row

FOLDER = "folder"
DATASET_SOURCE = "knowledgebase"


class File(Row):
    """A file or folder; the root folder of a tenant has no parent (on the wire it is its own)."""

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="files")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="children")
    name = models.CharField(max_length=255)
    type = models.CharField(max_length=32)
    source_type = models.CharField(max_length=128, default="", blank=True)
    size = models.BigIntegerField(default=0)
    kb = models.OneToOneField(Knowledgebase, models.CASCADE, null=True, blank=True, related_name="folder")
    blob = models.ForeignKey(Blob, models.PROTECT, null=True, blank=True, related_name="files")

    class Meta:
        db_table = "rag_file"
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "parent", "name"],
                name="file_folder_name",
                condition=models.Q(type=FOLDER, kb=None),  # a dataset's folder is told by its dataset
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return self.name
