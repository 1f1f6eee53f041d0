"""Workers."""

from collections.abc import Callable
from typing import Any

import django_rq
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rq.serializers import JSONSerializer

from documents import sweeping
from system.crew import Crew
from system.processes import speak_as


class Command(BaseCommand):
    help = "Run a worker: it waits for wakes, then claims and runs tasks until none is left."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--workers", type=int, default=1, help="how many, as processes that share memory")
        parser.add_argument("--sweep", action="store_true", help="run the sweeper beside them")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["workers"] == 1 and not options["sweep"]:
            work()
            return
        members: dict[str, Callable[[], object]] = {
            f"worker {number}": work for number in range(1, options["workers"] + 1)
        }
        if options["sweep"]:
            members["sweeper"] = sweep
        if not members:
            raise CommandError("There is nothing to run: give --workers 1 or more, or --sweep.")
        Crew(members).run()


def work() -> None:
    """Be a worker until stopped."""
    speak_as("worker")
    worker = django_rq.get_worker(settings.RAG_QUEUE, serializer=JSONSerializer)
    worker.work(logging_level="WARNING", with_scheduler=False)


def sweep() -> None:
    """Be the sweeper until stopped."""
    speak_as("sweeper")
    sweeping.forever()
