"""The sweeper."""

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from documents import sweeping


class Command(BaseCommand):
    help = "Reclaim lost tasks, wake workers, clear what was deleted; once, or each second with --forever."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--forever", action="store_true", help="go on until stopped")
        parser.add_argument("--seconds", type=float, default=1.0, help="pause between two sweeps")

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        if options["forever"]:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: stop.set())
        while True:
            done = sweeping.sweep()
            if not options["forever"]:
                self.stdout.write(", ".join(f"{step}: {count}" for step, count in done.items()))
                return
            connection.close_if_unusable_or_obsolete()
            if stop.wait(options["seconds"]):
                return
