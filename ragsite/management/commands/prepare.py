"""`manage.py prepare`: bring the database up to date and make the first operator."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection

from system.firststart import FirstStart, ensure_operator

_LOCK = 0x7261_6773  # of pg_advisory_lock: one migrator at a time, whatever machine it is on


class Command(BaseCommand):
    help = "Bring the database up to date, and make an operator at the first start. `manage.py up` runs this itself."

    def handle(self, *args: Any, **options: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
            try:
                call_command("migrate", interactive=False, verbosity=0)
                first = ensure_operator()
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
        if first:
            self._tell(first)

    def _tell(self, first: FirstStart) -> None:
        self.stdout.write(
            "First start: an operator was made. This is shown once, keep it:\n"
            f"  e-mail     {first.email}\n"
            f"  password   {first.password}\n"
            f"  API token  {first.token}"
        )
