"""What the routes about the site answer (contract C.3)."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers


@extend_schema_field({"type": "string", "enum": ["green", "red"]})
class Colour(serializers.CharField):
    """How a part is."""


@extend_schema_field({"type": "string", "enum": ["ok", "nok"]})
class Verdict(serializers.CharField):
    """How a part is, for probes."""


class SiteConfig(serializers.Serializer[None]):
    """What a login page must know."""

    registerEnabled = serializers.IntegerField(min_value=0, max_value=1)


class Health(serializers.Serializer[None]):
    """One part: how it is, after how many milliseconds, and what is wrong."""

    status = Colour()
    elapsed = serializers.RegexField(r"^\d+\.\d$", help_text="Milliseconds.")
    error = serializers.CharField(required=False, help_text="Where the status is red.")


class EngineHealth(Health):
    """The search engine."""

    type = serializers.CharField()
    version = serializers.CharField(required=False)


class StorageHealth(Health):
    """The file storage."""

    storage = serializers.CharField(help_text="`disk` or `object`.")


class DatabaseHealth(Health):
    """The database."""

    database = serializers.CharField()


class QueueHealth(Health):
    """The queue's server."""

    waiting = serializers.IntegerField(required=False, help_text="Jobs in the queue.")


class BeatRow(serializers.Serializer[None]):
    """A sign of life of a worker; times in seconds since the epoch."""

    ip_address = serializers.CharField()
    pid = serializers.IntegerField()
    name = serializers.CharField()
    now = serializers.FloatField()
    boot_at = serializers.FloatField()
    pending = serializers.IntegerField(help_text="Jobs in its hands.")
    lag = serializers.IntegerField(help_text="Jobs that wait in the queue.")
    done = serializers.IntegerField()
    failed = serializers.IntegerField()
    current = serializers.DictField(help_text="Tasks in its hands, by id.")


class StatusReport(serializers.Serializer[None]):
    """The site, part by part."""

    doc_engine = EngineHealth()
    storage = StorageHealth()
    database = DatabaseHealth()
    redis = QueueHealth()
    task_executor_heartbeats = serializers.DictField(
        child=serializers.ListField(child=BeatRow()), help_text="Beats of the last 30 minutes by worker."
    )


class WellReport(serializers.Serializer[None]):
    """Every part is well."""

    db = Verdict()
    redis = Verdict()
    doc_engine = Verdict()
    storage = Verdict()
    status = Verdict()


class FailingPart(serializers.Serializer[None]):
    """What is wrong with a part, found after so many milliseconds."""

    elapsed = serializers.RegexField(r"^\d+\.\d$")
    error = serializers.CharField()


class FailingReport(WellReport):
    """Not every part is well."""

    _meta = serializers.DictField(child=FailingPart())
