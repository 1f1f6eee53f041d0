"""`manage.py rotate_keys`: every sealed secret under the first of RAGSITE_FIELD_KEYS."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from system.resealing import reseal_all


class Command(BaseCommand):
    help = "Seals every stored secret anew with the first of the site's keys; then the other keys can be removed."

    def handle(self, *args: Any, **options: Any) -> None:
        lost = []
        for done in reseal_all():
            name = str(done.model._meta.verbose_name_plural)
            self.stdout.write(f"{name}: {done.rows} under the first key")
            lost += [f"{done.model._meta.verbose_name} {pk}" for pk in done.lost]
        if lost:
            raise CommandError(
                f"No key of this site opens the secrets of: {', '.join(lost)}. Put the key they were sealed with back "
                "into RAGSITE_FIELD_KEYS, or enter those secrets anew, and run this again."
            )
        self.stdout.write("Keys after the first are not needed any more.")
