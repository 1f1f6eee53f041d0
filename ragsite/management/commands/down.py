"""`manage.py down`: stop what `manage.py up`, or any other command, has started."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from ragsite.embedded import postgres, stopping, valkey
from system.errors import RagError


class Command(BaseCommand):
    help = "Stop a running site (`manage.py up`) and the embedded servers of its data directory."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            stopped = {
                "the site": stopping.stop_site(settings.RAG_DATA_DIR),
                "Valkey": valkey.stop(settings.RAG_DATA_DIR),
                "PostgreSQL": postgres.stop(settings.RAG_DATA_DIR),
            }
        except RagError as error:
            raise CommandError(error.message) from None
        names = [name for name, ran in stopped.items() if ran]
        self.stdout.write(f"Stopped {', '.join(names)}." if names else f"Nothing runs on {settings.RAG_DATA_DIR}.")
