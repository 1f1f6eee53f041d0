"""The system app."""

from django.apps import AppConfig


class SystemConfig(AppConfig):
    """Configuration of the app."""

    name = "system"

    def ready(self) -> None:
        """Register system checks, and health checks of what every site has."""
        from system import checks, health  # noqa: F401 -- checks register themselves

        health.register("db", health.database, health.database_kind)
        health.register("redis", health.queue)
        health.register("doc_engine", health.vectors, health.vectors_kind)
        health.register("storage", health.storage, health.storage_kind)
