"""The sweeper."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from documents import sweeping


class Command(BaseCommand):
    help = "Reclaim lost tasks, wake workers, clear what was deleted; once, or each second with --forever."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--forever", action="store_true", help="go on until stopped")
        parser.add_argument("--seconds", type=float, default=1.0, help="pause between two sweeps")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["forever"]:
            sweeping.forever(options["seconds"])
        else:
            self.stdout.write(", ".join(f"{step}: {count}" for step, count in sweeping.sweep().items()))
