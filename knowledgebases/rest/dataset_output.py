"""What either API shows of a dataset, whatever it calls the fields."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from knowledgebases.models import Knowledgebase

# Jobs over whole datasets that this site has not run: null.
JOBS = dict.fromkeys(f"{job}_task_{what}" for job in ("graphrag", "raptor", "mindmap") for what in ("id", "finish_at"))


@extend_schema_field(OpenApiTypes.OBJECT)
class ConfigField(serializers.JSONField):
    """A stored config as it is."""


class DatasetFields(serializers.ModelSerializer[Knowledgebase]):
    """The fields that need a word, and the jobs."""

    permission = serializers.CharField(read_only=True)
    parser_config = ConfigField(read_only=True)
    status = serializers.SerializerMethodField(help_text="`1`: living; deleted datasets are not shown.")

    def get_status(self, kb: Knowledgebase) -> str:
        """Always `1` for a row that can be reached."""
        return "0" if kb.deleted_at else "1"

    def to_representation(self, kb: Knowledgebase) -> dict[str, Any]:
        """The row with the jobs."""
        return super().to_representation(kb) | JOBS
