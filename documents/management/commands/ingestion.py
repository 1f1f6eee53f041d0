"""`manage.py ingestion pause|resume|stop|retry`: what waits, runs or failed, of datasets, documents, or of all."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from documents import pausing, queueing
from documents.models import Document, Task
from documents.models.document import DocumentQuerySet
from knowledgebases.models import Knowledgebase
from knowledgebases.models.knowledgebase import KnowledgebaseQuerySet
from system.errors import RagError

_DOCUMENTS = ("stop", "retry")  # the deeds that take documents, too


class Command(BaseCommand):
    help = (
        "Pauses or resumes the ingestion of datasets, stops documents that wait or are being parsed, or starts those "
        "anew that failed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("deed", choices=["pause", "resume", "stop", "retry"])
        parser.add_argument("--dataset", action="append", metavar="ID", help="repeatable")
        parser.add_argument("--document", action="append", metavar="ID", help="repeatable; to stop or retry")
        parser.add_argument("--all", action="store_true", help="every dataset of the site")
        parser.add_argument("--stopped", action="store_true", help="retry those that were stopped, too")

    def handle(self, *args: Any, deed: str, **options: Any) -> None:
        chosen = [name for name in ("dataset", "document", "all") if options[name]]
        if len(chosen) != 1:
            raise CommandError("Say what: one of --dataset ID, --document ID and --all.")
        if options["document"] and deed not in _DOCUMENTS:
            raise CommandError(f"Documents cannot be {deed}d one by one: give --dataset ID or --all.")
        if options["stopped"] and deed != "retry":
            raise CommandError("--stopped goes with retry.")
        if deed in _DOCUMENTS:
            self._documents(deed, options)
        else:
            self._datasets(deed, options)

    def _datasets(self, deed: str, options: dict[str, Any]) -> None:
        kbs = _datasets(options["dataset"])
        change = pausing.pause if deed == "pause" else pausing.resume
        tasks = sum(change(kb) for kb in kbs)
        self.stdout.write(f"{deed}d: {kbs.count()} datasets, {tasks} tasks")

    def _documents(self, deed: str, options: dict[str, Any]) -> None:
        documents = _documents(options["dataset"], options["document"])
        if deed == "stop":
            ids = documents.filter(pk__in=Task.objects.open().values("document")).values_list("pk", flat=True)
            self.stdout.write(f"stopped: {queueing.stop(list(ids))} documents")
        else:
            ids = documents.unsuccessful(canceled=options["stopped"]).values_list("pk", flat=True)
            try:
                count = queueing.retry(list(ids), canceled=options["stopped"])
            except RagError as refused:  # a queue that is full
                raise CommandError(refused.message) from None
            self.stdout.write(f"started anew: {count} documents")


def _datasets(ids: list[str] | None) -> KnowledgebaseQuerySet:
    rows = Knowledgebase.objects.live().filter(**({} if ids is None else {"pk__in": ids}))
    _complain("dataset", set(ids or []) - set(rows.values_list("pk", flat=True)))
    return rows


def _documents(datasets: list[str] | None, ids: list[str] | None) -> DocumentQuerySet:
    rows = Document.objects.live().filter(**({} if ids is None else {"pk__in": ids}))
    _complain("document", set(ids or []) - set(rows.values_list("pk", flat=True)))
    return rows.filter(kb__in=_datasets(datasets).values("pk"))


def _complain(what: str, unknown: set[str]) -> None:
    if unknown:
        raise CommandError(f"There is no {what} {', '.join(sorted(unknown))}; nothing was done.")
