"""The site itself, and its console."""

from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin.apps import AdminConfig


class RagsiteConfig(AppConfig):
    """The site: commands that run it."""

    name = "ragsite"


class ConsoleConfig(AdminConfig):
    """The console: Django's admin on a site of our own."""

    default_site = "ragsite.admin.Console"

    def ready(self) -> None:
        """Load the console's pages, except where nobody will look at them: that halves the start of a worker."""
        if settings.RAG_PROCESS not in {"prepare", "worker", "sweeper"}:
            super().ready()
