"""`manage.py up`: run the site in the foreground."""

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from ragsite.embedded import outside
from ragsite.embedded.configured import configured_site
from system.errors import RagError


class Command(BaseCommand):
    help = "Run the site in the foreground: servers, migrations, workers, sweeper, web. Ctrl-C stops it in order."
    requires_system_checks = ["ragsite"]  # the environment; the rest is checked before the migrations

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if not settings.RAG_EMBEDDED_DATABASE:
                outside.check_database(connection)
            if not settings.RAG_EMBEDDED_REDIS:
                outside.check_redis(settings.REDIS_URL)
        except RagError as error:
            raise CommandError(error.message) from None
        site = configured_site()
        os.chdir(site.base_dir)
        # The supervisor takes our place, so that what stays in memory for weeks has no Django in it.
        os.execv(sys.executable, [sys.executable, "-m", "ragsite.embedded.site", site.to_json()])  # noqa: S606
