"""The documents app."""

from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    """Configuration of the app."""

    name = "documents"
