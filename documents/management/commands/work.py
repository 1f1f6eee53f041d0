"""One worker."""

from typing import Any

import django_rq
from django.conf import settings
from django.core.management.base import BaseCommand
from rq.serializers import JSONSerializer


class Command(BaseCommand):
    help = "Run one worker: it waits for wakes, then claims and runs tasks until none is left."

    def handle(self, *args: Any, **options: Any) -> None:
        worker = django_rq.get_worker(settings.RAG_QUEUE, serializer=JSONSerializer)
        worker.work(logging_level="WARNING", with_scheduler=False)
