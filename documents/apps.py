"""The documents app."""

from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    """Configuration of the app."""

    name = "documents"

    def ready(self) -> None:
        """Register system checks."""
        from documents import checks  # noqa: F401 -- they register themselves
